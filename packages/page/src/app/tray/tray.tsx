/** The tray: what goes on, and what was done lately, wherever it was begun. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatBytes, formatDuration } from "../format.ts";
import { Icon } from "../icons.tsx";
import { decoded } from "../navigation.ts";
import { usePage } from "../page-context.ts";
import { useStore } from "../store.ts";
import type { Upload, UploadQueue } from "../upload/upload-queue.ts";
import { Bar } from "./bar.tsx";
import { OperationItem } from "./operation-item.tsx";
import { hasFailed } from "./status-document.ts";
import type { TrayStore } from "./tray-store.ts";
import { UploadItem } from "./upload-item.tsx";

export interface TrayProps {
  readonly tray: TrayStore;
  readonly queue: UploadQueue;
}

/** Rows of uploads that are drawn; of many, those that go on and those that failed come first. */
const mostUploads = 50;

/** Opens by itself when something begins, where there is room for it; nothing is there while there is nothing to tell. */
export function Tray({ tray, queue }: TrayProps): JSX.Element | null {
  useStore(tray);
  useStore(queue);
  const { words } = usePage();
  const [open, setOpen] = useState(wasOpen);
  const { uploads, total } = queue;
  const targets = new Set(uploads.map(({ target = "" }) => decoded(target)));
  // What this window uploads is told below.
  const operations = tray.news.filter(
    ({ method, target }) => method !== "PUT" || !targets.has(pathOf(target)),
  );
  const running = operations.filter(({ outcome }) => outcome === undefined).length;
  const active = running + (total.open > 0 ? 1 : 0);
  useEffect(() => {
    // It would hide most of a phone.
    if (active > 0 && !matchMedia("(max-width: 40rem)").matches) setOpen(true);
  }, [active > 0]);
  useEffect(() => keepOpen(open), [open]);
  useSecond(active > 0);
  if (operations.length === 0 && uploads.length === 0) return null;
  const failed =
    uploads.filter(({ state }) => state === "failed").length + operations.filter(hasFailed).length;
  const ended = operations.length - running + uploads.filter(isOver).length;
  const list = uploads.length > 0 ? <Uploads queue={queue} /> : null;
  return (
    <section class={`tray${open ? " open" : ""}`} aria-label={words.tray}>
      <header>
        <button type="button" class="tray-title" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={active > 0 ? "tasks" : failed > 0 ? "warning" : "check"} />
          <span>{active > 0 ? words.running(running + total.open) : words.nothingRuns}</span>
          <Icon name="down" class={open ? "" : "turned"} />
        </button>
      </header>
      {open ? (
        <div class="tray-body" tabIndex={0} role="group" aria-label={words.tray}>
          {/* What goes on stands above what is over. */}
          {total.open > 0 ? list : null}
          {operations.length > 0 ? (
            <ul>
              {operations.map((one) => (
                <OperationItem key={one.id} operation={one} tray={tray} />
              ))}
            </ul>
          ) : null}
          {total.open > 0 ? null : list}
          {ended > 0 ? (
            <p class="tray-clear">
              <button
                type="button"
                class="button plain"
                onClick={() => {
                  queue.clear();
                  for (const one of tray.news) if (one.outcome !== undefined) void tray.hide(one);
                }}
              >
                {words.clear}
              </button>
            </p>
          ) : null}
        </div>
      ) : null}
    </section>
  );
}

const openKey = "meanwhile tray open";

/** Whether it was open when this window was loaded before. */
function wasOpen(): boolean {
  try {
    return sessionStorage.getItem(openKey) !== null;
  } catch {
    // The browser keeps nothing.
    return false;
  }
}

function keepOpen(open: boolean): void {
  try {
    if (open) sessionStorage.setItem(openKey, "");
    else sessionStorage.removeItem(openKey);
  } catch {
    // After a reload it is closed.
  }
}

function pathOf(url: string): string {
  return decoded(URL.canParse(url) ? new URL(url).pathname : url);
}

function isOver({ state }: Upload): boolean {
  return state !== "waiting" && state !== "sending";
}

/** Those that people want to see first. */
const places: Readonly<Record<Upload["state"], number>> = {
  failed: 0,
  sending: 1,
  waiting: 2,
  skipped: 3,
  cancelled: 4,
  sent: 5,
};

function Uploads({ queue }: { readonly queue: UploadQueue }): JSX.Element {
  const { words } = usePage();
  const { uploads, total, pace } = queue;
  const rows = uploads.toSorted((a, b) => places[a.state] - places[b.state] || a.id - b.id);
  const left = pace.left(total.all);
  return (
    <>
      {total.open > 0 ? (
        <div class="whole">
          <p>
            <strong>{words.uploading(total.open)}</strong>
            <button type="button" class="button plain" onClick={() => queue.cancelAll()}>
              {words.cancelAll}
            </button>
          </p>
          <Bar done={total.done} total={total.all} label={words.uploading(total.open)} />
          <p class="facts-line">
            {[
              words.of(formatBytes(total.done, words.language), formatBytes(total.all, words.language)),
              pace.rate === undefined ? "" : `${formatBytes(pace.rate, words.language)}/s`,
              left === undefined ? "" : words.left(formatDuration(left)),
            ]
              .filter((fact) => fact !== "")
              .join(" · ")}
          </p>
        </div>
      ) : null}
      <ul>
        {rows.slice(0, mostUploads).map((upload) => (
          <UploadItem key={upload.id} upload={upload} queue={queue} />
        ))}
        {rows.length > mostUploads ? (
          <li class="facts-line">{words.andMore(rows.length - mostUploads)}</li>
        ) : null}
      </ul>
    </>
  );
}

/** Draws it each second, for times that pass. */
function useSecond(needed: boolean): void {
  const [, setNow] = useState(0);
  useEffect(() => {
    if (!needed) return;
    const timer = setInterval(() => setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, [needed]);
}
