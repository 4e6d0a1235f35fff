/** What the pipeline is made with, and what its stages give. */

import type { Pacer } from "@meanwhile/interim";
import type { Pacing } from "@meanwhile/interim/pacing";
import type { InterimPolicy } from "@meanwhile/interim/profiles";
import type { Attendance, SlowRequests, StatusService, Turns } from "@meanwhile/middleware/internal";
import type { Operations } from "@meanwhile/operations";
import type { ServerContext } from "./context.ts";
import type { Answer } from "./http/answer.ts";
import type { RequestLogEntry } from "./http/request-log.ts";
import type { Authenticate } from "./request/authentication.ts";
import type { FormLogin } from "./sessions/form-login.ts";
import type { Mount } from "./target/mount.ts";
import type { ReservedPaths } from "./target/reserved.ts";

export interface PipelineOptions {
  readonly context: ServerContext;
  readonly operations: Operations;
  readonly authenticate: Authenticate;
  /** How browsers log in; undefined: as programs do. */
  readonly login: FormLogin | undefined;
  readonly mount: Mount;
  readonly trustedProxy: (address: string) => boolean;
  readonly pacer: Pacer;
  readonly pacing: Pacing;
  readonly policy: InterimPolicy;
  readonly cors: readonly string[];
  readonly hostName: string;
  readonly log: ((entry: RequestLogEntry) => void) | undefined;
  readonly reserved: ReservedPaths;
  readonly status: StatusService;
  readonly slow: SlowRequests;
  readonly attendance: Attendance;
  readonly turns: Turns;
}

/** An answer, and what the log is to say of how it came about. */
export interface Handled {
  readonly answer: Answer;
  readonly principal?: string | undefined;
  readonly operation?: string;
  /** How many interim responses were sent. */
  readonly interims?: number;
  readonly profile?: string;
  readonly error?: unknown;
  /** Called when the answer was handed over, or could not be. */
  readonly afterwards?: () => void;
}
