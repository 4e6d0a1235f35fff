/** A picture or a short text, over the list. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
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
        {previewKind(row) === "image" ? <img src={row.href} alt={name} /> : <Text row={row} />}
      </div>
    </dialog>
  );
}

function Text({ row }: { readonly row: Row }): JSX.Element {
  const { words } = usePage();
  const [text, setText] = useState<string | undefined>(undefined);
  const [failure, setFailure] = useState("");
  useEffect(() => {
    const leaving = new AbortController();
    const load = async (): Promise<void> => {
      const answer = await fetch(row.href, { signal: leaving.signal });
      if (answer.ok) setText(await answer.text());
      else setFailure(words.failures.other(answer.status));
    };
    load().catch((error: unknown) => {
      if (!leaving.signal.aborted) setFailure(folderFailure(error, words));
    });
    return () => leaving.abort();
  }, [row.href, words]);
  if (failure !== "") return <p role="status">{failure}</p>;
  return (
    <pre role="region" dir="auto" tabIndex={0} aria-label={safeText(row.name)} aria-busy={text === undefined}>
      {text ?? ""}
    </pre>
  );
}
