/** What Ctrl-C and SIGTERM mean for an operation that is waited for. */
import type { LongRequest } from "@meanwhile/client";
import type { ProgressDisplay } from "../../display/progress-display.ts";
import type { FailureCode } from "../../exit-status.ts";
import type { ClientTerminal } from "../../terminal.ts";
import { shownUrl } from "../remote-url.ts";
import { type StopListener, StoppedError, stopCode } from "./stops.ts";

/** Milliseconds after a first Ctrl-C in which a second one cancels. */
const secondThoughtsMs = 2000;

export interface LeavingOptions {
  readonly request: LongRequest<unknown>;
  readonly display: ProgressDisplay;
  readonly terminal: ClientTerminal;
  /** Whether content is on its way: then there is nothing to come back to. */
  readonly transferring: () => boolean;
}

/**
 *   waiting ──Ctrl-C──▶ leaving ──two seconds──▶ left         detached; exit code 130
 *    │   │                 └─────Ctrl-C──▶ cancelling ──Ctrl-C──▶ the process ends
 *    │   └──SIGTERM──▶ left                the server is asked to cancel; its answer is waited for
 *    └──any, while content is on its way──▶ stopped ──any──▶ the process ends
 */
export class Leaving {
  readonly #options: LeavingOptions;
  #state: "waiting" | "leaving" | "left" | "cancelling" = "waiting";
  #forgetTimer: () => void = () => {};
  /** How it was left. */
  leftBy: FailureCode | undefined;
  /** Why it ended, where content was on its way. */
  stopped: StoppedError | undefined;

  constructor(options: LeavingOptions) {
    this.#options = options;
  }

  readonly onStop: StopListener = (signal) => {
    const { terminal, transferring } = this.#options;
    if (this.stopped !== undefined || this.#state === "cancelling") terminal.exit(stopCode(signal));
    else if (transferring()) this.#stop(signal);
    else if (signal !== "SIGINT") this.#leave(signal);
    else if (this.#state === "waiting") this.#announce();
    else this.#cancel();
  };

  /** Forgets what was to come. */
  end(): void {
    this.#forgetTimer();
  }

  #stop(signal: NodeJS.Signals): void {
    const { request } = this.#options;
    this.stopped = new StoppedError(signal);
    // What the server keeps of an upload stays there for the same command, given again.
    request.detach();
  }

  #announce(): void {
    const { request, display, terminal } = this.#options;
    this.#state = "leaving";
    const { url } = request;
    display.complain(
      url === undefined
        ? "meanwhile: leaving; the server has not told where to ask for it. Ctrl-C again cancels"
        : `meanwhile: leaving; it goes on, and \`meanwhile watch ${shownUrl(url)}\` comes back. Ctrl-C again cancels it`,
    );
    this.#forgetTimer = terminal.timing.after(secondThoughtsMs, () => this.#leave("SIGINT"));
  }

  #leave(signal: NodeJS.Signals): void {
    this.#forgetTimer();
    this.#state = "left";
    this.leftBy = stopCode(signal);
    this.#options.request.detach();
  }

  #cancel(): void {
    const { request, display } = this.#options;
    this.#forgetTimer();
    this.#state = "cancelling";
    display.complain("meanwhile: asking the server to cancel. Ctrl-C again leaves at once");
    request.cancel().catch((error: unknown) => {
      display.complain(`meanwhile: could not ask: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}
