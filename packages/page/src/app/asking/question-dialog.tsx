/** The dialog of the question that is asked now. */
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { focusList } from "../folder/list/focus-list.ts";
import type { Row } from "../folder/rows/row.ts";
import { usePage } from "../page-context.ts";
import { safeText } from "../safe-text.ts";
import { useStore } from "../store.ts";
import { ConflictDialog } from "./conflict-dialog.tsx";
import { DestinationDialog } from "./destination-dialog.tsx";
import { Dialog } from "./dialog.tsx";
import type { AnswerProps, Asking, Question } from "./questions.ts";

/** Nothing while nothing is asked. */
export function QuestionDialog({ asking }: { readonly asking: Asking }): JSX.Element | null {
  useStore(asking);
  const { current } = asking;
  return current === undefined ? null : <One key={numberOf(current)} question={current} />;
}

const numbers = new WeakMap<Question, number>();
let asked = 0;

/** Each question has a dialog of its own. */
function numberOf(question: Question): number {
  const number = numbers.get(question) ?? ++asked;
  numbers.set(question, number);
  return number;
}

function One({ question }: { readonly question: Question }): JSX.Element {
  switch (question.kind) {
    case "name":
      return <NameDialog about={question.about} answer={question.answer} />;
    case "delete":
      return <DeleteDialog about={question.about} answer={question.answer} />;
    case "conflict":
      return <ConflictDialog about={question.about} answer={question.answer} />;
    case "destination":
      return <DestinationDialog about={question.about} answer={question.answer} />;
    case "failures":
      return <FailuresDialog about={question.about} answer={question.answer} />;
  }
}

function NameDialog({ about, answer }: AnswerProps<"name">): JSX.Element {
  const { words } = usePage();
  const field = useRef<HTMLInputElement>(null);
  const [name, setName] = useState(about.name);
  useEffect(() => {
    const dot = about.name.lastIndexOf(".");
    field.current?.focus();
    field.current?.setSelectionRange(0, dot > 0 ? dot : about.name.length);
  }, [about.name]);
  const wrong = wrongName(name) ? words.wrongName : "";
  return (
    <Dialog
      title={about.title}
      button={about.button}
      disabled={name === "" || wrong !== "" || name === about.name}
      onAccept={() => answer(name)}
      onClose={() => answer(undefined)}
    >
      <label class="field">
        <span>{words.name}</span>
        <input
          ref={field}
          type="text"
          dir="auto"
          autocomplete="off"
          spellcheck={false}
          value={name}
          aria-invalid={wrong !== ""}
          aria-describedby="name-wrong"
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
      <p id="name-wrong" class="wrong" role="status">
        {wrong}
      </p>
    </Dialog>
  );
}

/** Whether no resource can have that name. */
export function wrongName(name: string): boolean {
  return name === "." || name === ".." || name.includes("/") || new TextEncoder().encode(name).length > 255;
}

function DeleteDialog({ about, answer }: AnswerProps<"delete">): JSX.Element {
  const { words } = usePage();
  const [first] = about.rows;
  const name = first === undefined ? "" : safeText(first.name);
  const folders = useMemo(() => about.rows.filter(({ collection }) => collection), [about.rows]);
  return (
    <Dialog
      title={about.rows.length === 1 ? words.deleteOne(name) : words.deleteMany(about.rows.length)}
      button={words.delete}
      danger
      onAccept={() => answer(true)}
      onClose={() => {
        answer(undefined);
        // Also where a button asked: the keys act on what is still selected.
        focusList();
      }}
    >
      {folders.length > 0 ? <Below folders={folders} /> : <p>{words.deleteFiles}</p>}
      {about.rows.length > 1 ? (
        <ul class="names">
          {about.rows.slice(0, 6).map((row) => (
            <li key={row.name}>
              <bdi>{safeText(row.name)}</bdi>
            </li>
          ))}
          {about.rows.length > 6 ? <li>{words.andMore(about.rows.length - 6)}</li> : null}
        </ul>
      ) : null}
    </Dialog>
  );
}

/** Counting more than this takes longer than anybody thinks about it. */
const mostCounted = 10_000;

/** How much is in folders, and goes with them; that it goes is all that is said where it cannot be counted. */
function Below({ folders }: { readonly folders: readonly Row[] }): JSX.Element {
  const { words, client } = usePage();
  const [count, setCount] = useState<number | "unknown" | undefined>(undefined);
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const look = async (): Promise<void> => {
      let below = 0;
      try {
        for (const { href } of folders)
          for await (const _ of (await client).list(new URL(href, location.href), {
            depth: "infinity",
            signal,
          })) {
            below += 1;
            if (below > mostCounted) break;
          }
      } catch {
        // A count that is too low would be worse than none.
        if (!signal.aborted) setCount("unknown");
        return;
      }
      if (!signal.aborted) setCount(below);
    };
    void look();
    return () => leaving.abort();
  }, [folders, client]);
  const isCounted = typeof count === "number";
  const text = !isCounted
    ? `${words.counting} …`
    : words.below(Math.min(count, mostCounted), count > mostCounted);
  return (
    <>
      {count === "unknown" ? null : (
        <p role="status">
          <strong>{text}</strong>
        </p>
      )}
      <p>{isCounted ? words.deleteFiles : words.deleteFolders}</p>
    </>
  );
}

function FailuresDialog({ about, answer }: AnswerProps<"failures">): JSX.Element {
  const { words } = usePage();
  return (
    <Dialog title={about.title} onClose={() => answer(undefined)}>
      <ul class="names failed">
        {about.failures.slice(0, 100).map(({ name, reason }) => (
          <li key={name}>
            <strong>
              <bdi>{safeText(name)}</bdi>
            </strong>
            <span>{reason}</span>
          </li>
        ))}
        {about.failures.length > 100 ? <li>{words.andMore(about.failures.length - 100)}</li> : null}
      </ul>
    </Dialog>
  );
}
