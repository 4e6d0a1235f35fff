/** A picture or a short text, over the list. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { reasonOf } from "../changes/change-failure.ts";
import { folderFailure } from "../failure-text.ts";
import type { Row } from "../folder/rows/row.ts";
import { Icon } from "../icons.tsx";
import { usePage } from "../page-context.ts";
import { safeText } from "../safe-text.ts";
import { previewKind } from "./previewable.ts";

export interface PreviewProps {
  readonly row: Row;
  onClose(): void;
}

/** Pictures are shown by the browser, as pictures: whatever is in them, none of it runs. Text is put in as text. */
export function Preview({ row, onClose }: PreviewProps): JSX.Element {
  const { words } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const leave = (): void => {
    dialog.current?.close();
    onClose();
  };
  const name = safeText(row.name);
  return (
    <dialog
      ref={dialog}
      class="preview"
      aria-labelledby="preview-name"
      onCancel={(event) => {
        event.preventDefault();
        leave();
      }}
      onClick={(event) => {
        // Beside it.
        if (event.target === event.currentTarget) leave();
      }}
    >
      <div class="preview-frame">
        <header>
          <h2 id="preview-name">
            <bdi>{name}</bdi>
          </h2>
          <a class="button" href={row.href} target="_blank" rel="noreferrer">
            {words.openInTab}
          </a>
          <a class="button" href={row.href} download="">
            {words.download}
          </a>
          <button
            type="button"
            class="button plain bare"
            aria-label={words.close}
            title={words.close}
            onClick={leave}
          >
            <Icon name="close" />
          </button>
        </header>
        <Content key={tries} row={row} again={() => setTries(tries + 1)} />
      </div>
    </dialog>
  );
}

interface ContentProps {
  readonly row: Row;
  /** Loads it once more. */
  again(): void;
}

function Content({ row, again }: ContentProps): JSX.Element {
  const { words } = usePage();
  const [failed, setFailed] = useState(false);
  if (previewKind(row) !== "image") return <Text row={row} again={again} />;
  if (failed) return <Failure reason={words.notRead} again={again} />;
  return <img src={row.href} alt={safeText(row.name)} onError={() => setFailed(true)} />;
}

function Failure({ reason, again }: { readonly reason: string; again(): void }): JSX.Element {
  const { words } = usePage();
  return (
    <p role="status">
      {reason}{" "}
      <button type="button" class="button" onClick={again}>
        {words.retry}
      </button>
    </p>
  );
}

function Text({ row, again }: ContentProps): JSX.Element {
  const { words } = usePage();
  const [text, setText] = useState<string | undefined>(undefined);
  const [failure, setFailure] = useState("");
  useEffect(() => {
    const leaving = new AbortController();
    const load = async (): Promise<void> => {
      const answer = await fetch(row.href, { signal: leaving.signal });
      if (answer.ok) setText(await answer.text());
      else setFailure(reasonOf(answer.status, words));
    };
    load().catch((error: unknown) => {
      if (!leaving.signal.aborted) setFailure(folderFailure(error, words));
    });
    return () => leaving.abort();
  }, [row.href, words]);
  if (failure !== "") return <Failure reason={failure} again={again} />;
  return (
    <pre role="region" dir="auto" tabIndex={0} aria-label={safeText(row.name)} aria-busy={text === undefined}>
      {text ?? ""}
    </pre>
  );
}
