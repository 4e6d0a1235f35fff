/** How far a long request is, put together from all that tells of it. */
import { parseProgress, parseStatusUri } from "@meanwhile/interim/fields";
import type { RequestProgress } from "../operation/long-request.ts";
import { LatestNews } from "./latest-news.ts";
import type { FailedMember, StatusDocument, StatusProgress } from "./status-document.ts";

/** So many failed members are told apart by their URIs; beyond that the status document's count is all there is. */
const mostFailures = 10_000;

/** What is known of how far a request is, from all that tell of it; readers get the latest. */
export class ProgressReport {
  readonly news: LatestNews<RequestProgress> = new LatestNews(() => this.#latest);
  #latest: RequestProgress;
  readonly #failed = new Set<string>();
  #failures = 0;
  #resumed: Pick<RequestProgress, "resumedAt" | "resumptions"> = {};
  /** Where each stage was before another one came: a request that is sent again does not fall behind. */
  readonly #reached = new Map<RequestProgress["stage"], number>();

  constructor(stage: RequestProgress["stage"]) {
    this.#latest = { stage, done: 0, failures: 0 };
  }

  /** Bytes of content on their way. Once all are sent, the server works. */
  sent(bytes: number, total: number | undefined): void {
    this.#tell("sending", { done: bytes, ...(total === undefined ? {} : { total }) });
    if (bytes === total) this.#tell("processing", { done: 0 });
  }

  /** Content goes on from so many bytes, which are there already. */
  resumed(bytes: number, total: number | undefined): void {
    const { resumptions = 0 } = this.#resumed;
    if (bytes > 0) this.#resumed = { resumedAt: bytes, resumptions: resumptions + 1 };
    this.sent(bytes, total);
  }

  /** An interim response's `Progress` and `Status-URI`. */
  interim(headers: Headers): void {
    this.members(parseStatusUri(headers.get("status-uri") ?? ""));
    const progress = parseProgress(headers.get("progress") ?? "");
    if (progress === undefined) return;
    const { done, total, remark, fraction } = progress;
    // The field has no place for it: it stays as long as nothing more was dealt with.
    const { member } = this.#latest.done === done ? this.#latest : {};
    this.#tell("processing", {
      done,
      ...(total === undefined ? {} : { total }),
      ...(remark === undefined ? {} : { remark }),
      ...(member === undefined ? {} : { member }),
      ...(fraction === undefined ? {} : { bytes: { done: fraction.done, total: fraction.total } }),
    });
  }

  document({ progress, failed, failures }: StatusDocument): void {
    this.#failures = Math.max(this.#failures, failures);
    this.members(failed);
    this.#tell("processing", progress);
  }

  /** What became of members, be it told before or not. */
  members(results: readonly FailedMember[]): void {
    const before = this.#failures;
    for (const { status, uri } of results) {
      if (status >= 400 && this.#failed.size < mostFailures) this.#failed.add(uri);
    }
    this.#failures = Math.max(before, this.#failed.size);
    if (this.#failures !== before) this.#publish({ ...this.#latest, failures: this.#failures });
  }

  /** The connection was lost; from the next sign of life on it is there again. */
  comingBack(): void {
    this.#publish({ ...this.#latest, comingBack: true });
  }

  /** A sign of life, though it may tell nothing new. */
  alive(): void {
    const { comingBack, ...rest } = this.#latest;
    if (comingBack === true) this.#publish(rest);
  }

  #tell(stage: RequestProgress["stage"], progress: StatusProgress): void {
    const done = Math.max(progress.done, this.#reached.get(stage) ?? 0);
    this.#reached.set(stage, done);
    const { total, ...rest } = progress;
    this.#publish({
      stage,
      ...rest,
      done,
      ...(total === undefined || total < done ? {} : { total }),
      ...this.#resumed,
      failures: this.#failures,
    });
  }

  #publish(progress: RequestProgress): void {
    this.#latest = progress;
    this.news.changed();
  }
}
