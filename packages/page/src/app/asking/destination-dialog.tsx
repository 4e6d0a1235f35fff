/** Where to: a folder is chosen by going through them. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { folderFailure } from "../failure-text.ts";
import { comparison } from "../folder/rows/order.ts";
import type { Row } from "../folder/rows/row.ts";
import { rowOf } from "../folder/rows/row.ts";
import { Icon } from "../icons.tsx";
import { folderAbove, stepsTo } from "../navigation.ts";
import { usePage } from "../page-context.ts";
import { safeText } from "../safe-text.ts";
import { Dialog } from "./dialog.tsx";
import type { AnswerProps } from "./questions.ts";

/** The folders of one folder; the way up is the first of them. */
export function DestinationDialog({ about, answer }: AnswerProps<"destination">): JSX.Element {
  const { words, settings, client } = usePage();
  const [path, setPath] = useState(about.from);
  const [folders, setFolders] = useState<readonly Row[] | undefined>(undefined);
  const [failure, setFailure] = useState("");
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    setFolders(undefined);
    setFailure("");
    const load = async (): Promise<void> => {
      const found: Row[] = [];
      try {
        const place = new URL(path, location.href);
        for await (const resource of (await client).list(place, { signal: leaving.signal }))
          if (resource.collection) found.push(rowOf(resource));
      } catch (error) {
        if (!leaving.signal.aborted) setFailure(folderFailure(error, words));
      }
      if (leaving.signal.aborted) return;
      setFolders(found.toSorted(comparison({ by: "name", descending: false }, words.language)));
    };
    void load();
    return () => leaving.abort();
  }, [path, tries, client, words]);
  const above = folderAbove(path, settings.root);
  const name = stepsTo(path, settings.root).at(-1)?.name ?? words.home;
  return (
    <Dialog
      title={about.title}
      button={about.button}
      disabled={failure !== ""}
      onAccept={() => answer(path)}
      onClose={() => answer(undefined)}
    >
      <p class="where">
        {above === undefined ? (
          <Icon name="home" />
        ) : (
          <button
            type="button"
            class="button plain"
            title={words.up}
            aria-label={words.up}
            onClick={() => setPath(above)}
          >
            <Icon name="up" />
          </button>
        )}
        <strong aria-live="polite">
          <bdi>{safeText(name)}</bdi>
        </strong>
      </p>
      <ul class="folders" aria-label={words.folders} aria-busy={folders === undefined}>
        {(folders ?? []).map((row) => (
          <li key={row.href}>
            {/* Nothing goes into itself. */}
            <button type="button" disabled={about.without.has(row.href)} onClick={() => setPath(row.href)}>
              <Icon name="folder" class="kind folder" />
              <bdi>{safeText(row.name)}</bdi>
              <Icon name="chevron" class="between" />
            </button>
          </li>
        ))}
        {folders?.length === 0 && failure === "" ? <li class="none">{words.noFolders}</li> : null}
      </ul>
      {failure === "" ? null : (
        <p class="wrong" role="status">
          {failure}{" "}
          <button type="button" class="button" onClick={() => setTries(tries + 1)}>
            {words.retry}
          </button>
        </p>
      )}
    </Dialog>
  );
}
