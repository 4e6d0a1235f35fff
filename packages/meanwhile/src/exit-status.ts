/** What the exit codes of all commands mean. Scripts rely on them: a meaning never changes. */

/** 0: done. Everything else has a line on standard error. */
export type FailureCode = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 130 | 143;

export interface ExitStatus {
  readonly code: 0 | FailureCode;
  readonly meaning: string;
}

/** By code. The manual and the documentation are made from it. */
export const exitStatuses: readonly ExitStatus[] = [
  { code: 0, meaning: "Done." },
  { code: 1, meaning: "Failed, for a reason that has no code of its own." },
  {
    code: 2,
    meaning: "Called wrongly, or a file that was named cannot be used. Nothing was changed at the server.",
  },
  { code: 3, meaning: "Done in part: some files or folders failed. Each is listed." },
  { code: 4, meaning: "Nothing is there (404, 410)." },
  {
    code: 5,
    meaning: "Not allowed: a login is needed or was refused, or it lacks the right (401, 403, 407).",
  },
  {
    code: 6,
    meaning: "No answer: the server was not found or not reached, is not who it should be, or took too long.",
  },
  {
    code: 7,
    meaning: "Not known: the connection was lost, and whether the request was carried out cannot be told.",
  },
  {
    code: 8,
    meaning: "In the way: something is there already, is locked, or is not as expected (405, 409, 412, 423).",
  },
  { code: 9, meaning: "The operation was cancelled, here or by another." },
  { code: 130, meaning: "Left with Ctrl-C. An operation goes on at the server." },
  { code: 143, meaning: "Left on SIGTERM. An operation goes on at the server." },
];
