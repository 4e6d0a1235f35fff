/** `meanwhile lock`: locks a resource, for a while or while a program runs. */
import type { LockHandle, LockOptions } from "@meanwhile/client";
import type { Command } from "commander";
import { type CommandError, failed, ProgramEndedError, wrongUsage } from "../command-error.ts";
import { printable, summary } from "../display/printable.ts";
import { type DurationRange, parseDuration } from "../options/duration.ts";
import { remoteCommand, type TypedConnection } from "../remote/connection-options.ts";
import { commonCollection, parseRemoteUrl, shownPath } from "../remote/remote-url.ts";
import { type CommandContext, inSession, type Session } from "../remote/session.ts";

interface TypedLock extends TypedConnection {
  readonly shared?: boolean;
  readonly shallow?: boolean;
  readonly owner?: string;
  readonly for?: string;
  readonly hold?: boolean;
}

const lockRange: DurationRange = { minMs: 1000, maxMs: 365 * 24 * 60 * 60 * 1000 };

/** `meanwhile lock URL`: its options, and what it does. */
export function lockCommand(context: CommandContext): Command {
  return remoteCommand("lock", "lock a file or folder against changes by others; prints the lock's token")
    .argument("<URL>", "the file or folder; where nothing is there, an empty file is made")
    .argument("[PROGRAM...]", "after --: run it, keep the lock meanwhile, and unlock in the end")
    .option("--hold", "keep the lock until Ctrl-C, then unlock")
    .option(
      "--for <T>",
      "how long the lock is asked for (default: 10m); with --hold or PROGRAM it is renewed",
    )
    .option("--shared", "others may have shared locks too")
    .option("--shallow", "a folder without what is in it")
    .option("--owner <TEXT>", "shown to those who find it locked (default: the name that is logged in)")
    .action(async (typedUrl: string, program: readonly string[], typed: TypedLock) => {
      const remote = parseRemoteUrl(typedUrl);
      const options = lockOptions(typed, context);
      const [first, ...rest] = program;
      if (typed.hold === true && first !== undefined) throw wrongUsage("--hold does not go with a program");
      const base = commonCollection([remote]);
      await inSession(context, { remotes: [remote], base, typed }, async (session) => {
        const held = typed.hold === true || first !== undefined;
        const lock = await session.client.lock(remote.url, {
          ...options,
          refresh: held,
          signal: session.signal,
        });
        if (first !== undefined) return lockWhileRunning(session, lock, [first, ...rest]);
        await tellLock(session, lock);
        if (typed.hold === true) await holdUntilStopped(session, lock);
      });
    });
}

function lockOptions(typed: TypedLock, { terminal }: CommandContext): LockOptions {
  const owner = typed.owner ?? typed.user ?? terminal.env["MEANWHILE_USER"];
  if (owner !== undefined && /[\u0000-\u0008\u000B\u000C\u000E-\u001F]/.test(owner)) {
    throw wrongUsage("--owner must not have control characters in it");
  }
  return {
    scope: typed.shared === true ? "shared" : "exclusive",
    depth: typed.shallow === true ? "0" : "infinity",
    timeoutSeconds: Math.round(parseDuration("--for", typed.for ?? "10m", lockRange) / 1000),
    ...(owner === undefined ? {} : { owner }),
  };
}

/** The token alone, so that `token=$(meanwhile lock URL)` has it. */
function tellLock({ report }: Session, { token, root, timeoutSeconds }: LockHandle): Promise<void> {
  return report.answer(printable(token), { type: "locked", token, url: root.href, timeoutSeconds });
}

async function holdUntilStopped({ terminal, report, stops }: Session, lock: LockHandle): Promise<void> {
  if (!report.quiet) terminal.complain(`meanwhile: locked ${shownPath(lock.root)} until Ctrl-C`);
  const ended = await new Promise<"stopped" | "lost">((resolve) => {
    const forget = stops.dealWith(() => {
      forget();
      resolve("stopped");
    });
    whenLost(lock, () => resolve("lost"));
  });
  if (ended === "lost") throw lostError(lock);
  await lock.unlock();
  await report.done(`unlocked ${shownPath(lock.root)}`, {
    type: "unlocked",
    url: lock.root.href,
    token: lock.token,
  });
}

/**
 * The program has the terminal for itself; it is told the token as MEANWHILE_LOCK_TOKEN, which other commands submit.
 * Its exit code becomes ours.
 */
async function lockWhileRunning(
  { terminal, report, stops }: Session,
  lock: LockHandle,
  program: readonly [string, ...string[]],
): Promise<void> {
  let running = true;
  whenLost(lock, () => {
    if (running) report.warn(`${lostError(lock).message}; the program goes on`);
  });
  // Ctrl-C at the terminal reaches the program too: its end is what ends us.
  const forget = stops.dealWith(() => {});
  let code: number;
  try {
    code = await terminal.run(program, { MEANWHILE_LOCK_TOKEN: lock.token });
  } finally {
    forget();
    running = false;
    if (!lock.lost.aborted) await lock.unlock();
  }
  if (code !== 0) throw new ProgramEndedError(code);
}

function whenLost({ lost }: LockHandle, listener: () => void): void {
  if (lost.aborted) listener();
  else lost.addEventListener("abort", listener, { once: true });
}

function lostError({ root, lost }: LockHandle): CommandError {
  const why = lost.reason instanceof Error ? `: ${summary(lost.reason.message)}` : "";
  return failed(`the lock on ${shownPath(root)} is gone${why}`);
}
