/** One file on its way, in the tray. */
import type { JSX } from "preact";
import { formatBytes } from "../format.ts";
import { Icon } from "../icons.tsx";
import { usePage } from "../page-context.ts";
import { safeText } from "../safe-text.ts";
import { isAllSent, type Upload, type UploadQueue } from "../upload/upload-queue.ts";
import { Bar } from "./bar.tsx";

export interface UploadItemProps {
  readonly upload: Upload;
  readonly queue: UploadQueue;
}

/** Its name, its bar, and what can be done about it. */
export function UploadItem({ upload, queue }: UploadItemProps): JSX.Element {
  const { words } = usePage();
  const { id, state, size, sent, reason, resumedAt, lost = false } = upload;
  const name = safeText(upload.name);
  const isOpen = state === "waiting" || state === "sending";
  const isFinishing = isAllSent(upload) && !lost;
  const whole = formatBytes(size, words.language);
  const wentOn = resumedAt === undefined ? "" : ` · ${words.wentOn(formatBytes(resumedAt, words.language))}`;
  return (
    <li class={state === "failed" ? "bad" : isOpen ? "" : "over"}>
      <p class="item-title">
        <Icon
          name={state === "failed" ? "warning" : state === "sent" ? "check" : "upload"}
          class={state === "failed" ? "sign-bad" : state === "sent" ? "sign-good" : ""}
        />
        <span title={name}>
          <bdi>{name}</bdi>
        </span>
        {isFinishing ? null : isOpen ? (
          <button
            type="button"
            class="button plain bare"
            aria-label={`${words.cancel}: ${name}`}
            title={words.cancel}
            onClick={() => queue.cancel(id)}
          >
            <Icon name="close" />
          </button>
        ) : state === "failed" ? (
          <button type="button" class="button plain" onClick={() => queue.retry(id)}>
            {words.retry}
          </button>
        ) : null}
      </p>
      {state === "sending" ? <Bar done={sent} total={size} label={name} /> : null}
      <p class="facts-line">
        {state === "failed"
          ? reason
          : state === "sending"
            ? lost
              ? words.tryingAgain
              : isFinishing
                ? `${words.finishing} · ${whole}${wentOn}`
                : words.of(formatBytes(sent, words.language), whole) + wentOn
            : `${words.uploadStates[state]} · ${whole}${state === "sent" ? wentOn : ""}`}
      </p>
    </li>
  );
}
