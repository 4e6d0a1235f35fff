/** One operation in the tray. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { reasonOf } from "../changes/change-failure.ts";
import { formatBytes, formatDuration } from "../format.ts";
import { Icon } from "../icons.tsx";
import { decoded, folderOfUrl, folderPath, isPlainClick, stepsTo } from "../navigation.ts";
import { usePage } from "../page-context.ts";
import { safeText } from "../safe-text.ts";
import { isSecondClick } from "../second-click.ts";
import type { Words } from "../words/words.ts";
import { Bar } from "./bar.tsx";
import { hasFailed, type StatusDocument } from "./status-document.ts";
import type { TrayStore } from "./tray-store.ts";

export interface OperationItemProps {
  readonly operation: StatusDocument;
  readonly tray: TrayStore;
}

/** What it is, how far it is, how long it will take; what failed, where somebody wants to know. */
export function OperationItem({ operation, tray }: OperationItemProps): JSX.Element {
  const { words, settings, go } = usePage();
  const [failed, setFailed] = useState<StatusDocument["failed"] | undefined>(undefined);
  const [isUnread, setUnread] = useState(false);
  const readFailed = (): void => {
    setUnread(false);
    tray.failed(operation).then(setFailed, () => setUnread(true));
  };
  const { method, target, destination, state, progress, failures, outcome } = operation;
  const name = safeText(nameOf(target));
  const title = (words.operations[method as "COPY"] ?? words.operations.other)(name, method);
  const isBad = hasFailed(operation);
  const icon =
    outcome === undefined ? "tasks" : isBad ? "warning" : state === "cancelled" ? "close" : "check";
  const { bytes } = progress;
  const nameOfFolder = (url: string): string =>
    safeText(stepsTo(folderOfUrl(url, settings.root), settings.root).at(-1)?.name ?? words.home);
  const place = folderOfUrl(destination ?? target, settings.root);
  const isMade = outcome !== undefined && outcome.status < 300 && state === "finished" && method !== "DELETE";
  const isHere = place === folderPath(location);
  const made = new URL(destination ?? target, location.href).pathname;
  // Where the folder that it is in is shown, a folder is opened, and a file is seen.
  const result = !isMade
    ? undefined
    : !isHere
      ? place
      : made.endsWith("/") && made !== place
        ? made
        : undefined;
  const leads = isHere ? words.openInTab : words.showFolder;
  const part = bytes !== undefined && bytes.total > 0 ? bytes.done / bytes.total : 0;
  return (
    <li class={isBad ? "bad" : outcome === undefined ? "" : "over"}>
      <p class="item-title">
        <Icon
          name={icon}
          class={isBad ? "sign-bad" : outcome === undefined || state === "cancelled" ? "" : "sign-good"}
        />
        <span title={name}>{title}</span>
        {state === "running" ? (
          <button type="button" class="button plain" onClick={() => void tray.cancel(operation)}>
            {words.stop}
          </button>
        ) : outcome === undefined ? null : (
          <button
            type="button"
            class="button plain bare"
            aria-label={`${words.hide}: ${title}`}
            title={words.hide}
            onClick={(event) => {
              // The first one may have been for the button that stops it.
              if (!isSecondClick(event)) void tray.hide(operation);
            }}
          >
            <Icon name="close" />
          </button>
        )}
      </p>
      {outcome === undefined ? (
        <Bar done={progress.done + part} total={progress.total} label={title} />
      ) : null}
      {destination === undefined ? null : (
        <p class="facts-line">{words.fromTo(nameOfFolder(target), nameOfFolder(destination))}</p>
      )}
      {progress.member === undefined || outcome !== undefined ? null : (
        <p class="facts-line at-work" title={safeText(progress.member)}>
          <bdi>{safeText(lastSegment(progress.member))}</bdi>
        </p>
      )}
      <p class="facts-line">
        {factsOf(operation, tray, words)}
        {result === undefined ? null : (
          <>
            {" · "}
            <a
              href={result}
              aria-label={`${leads}: ${title}`}
              onClick={(event) => {
                if (!isPlainClick(event)) return;
                event.preventDefault();
                go(result);
              }}
            >
              {leads}
            </a>
          </>
        )}
      </p>
      {failures > 0 && failed === undefined ? (
        <button type="button" class="button plain" onClick={readFailed}>
          {isUnread ? words.retry : words.whatFailed(failures)}
        </button>
      ) : null}
      {isUnread ? <p class="facts-line">{words.failures.connection}</p> : null}
      {failed === undefined ? null : (
        <ul class="names failed">
          {failed.slice(0, 100).map(({ uri, status }) => (
            <li key={uri}>
              <strong>
                <bdi>{safeText(nameOf(uri))}</bdi>
              </strong>
              <span>{reasonOf(status, words)}</span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function factsOf({ id, ...rest }: StatusDocument, tray: TrayStore, words: Words): string {
  const { state, outcome, progress, started, ended, method } = rest;
  const { done, total, bytes } = progress;
  if (outcome !== undefined) {
    const took = (Date.parse(ended ?? started) - Date.parse(started)) / 1000;
    if (state === "cancelled") {
      const counts =
        total === undefined ? "" : words.of(done.toLocaleString(words.language), words.items(total));
      return [words.stopped(counts, method), formatDuration(took)].join(" · ");
    }
    const what =
      state === "interrupted"
        ? words.interrupted
        : outcome.status >= 400
          ? reasonOf(outcome.status, words)
          : words.finished;
    const items = done > 0 || total !== undefined ? [words.items(done)] : [];
    return [what, ...items, formatDuration(took)].join(" · ");
  }
  const pace = tray.pace({ id, ...rest });
  const part = bytes !== undefined && bytes.total > 0 ? bytes.done / bytes.total : 0;
  const left = pace.left(total);
  return [
    state === "cancelling" ? words.stopping : "",
    total === undefined || total === 0 ? "" : `${Math.floor((100 * (done + part)) / total)} %`,
    total === undefined
      ? done === 0
        ? ""
        : words.items(done)
      : words.of(done.toLocaleString(words.language), words.items(total)),
    bytes === undefined
      ? ""
      : words.of(formatBytes(bytes.done, words.language), formatBytes(bytes.total, words.language)),
    pace.rate === undefined || pace.rate < 1
      ? ""
      : words.perSecond(Math.round(pace.rate).toLocaleString(words.language)),
    words.soFar(formatDuration(Math.max(0, (Date.now() - Date.parse(started)) / 1000))),
    left === undefined ? "" : words.left(formatDuration(left)),
  ]
    .filter((fact) => fact !== "")
    .join(" · ");
}

/** The last name of a URL. */
function nameOf(uri: string): string {
  return decoded(lastSegment(uri));
}

function lastSegment(path: string): string {
  return path.split("/").findLast((segment) => segment !== "") ?? path;
}
