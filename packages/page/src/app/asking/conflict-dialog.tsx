/** Something of that name is there already: what is to become of it. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatBytes, formatDayAndTime } from "../format.ts";
import { usePage } from "../page-context.ts";
import { safeText } from "../safe-text.ts";
import { isReplaceable, seemsSame } from "./conflict-questions.ts";
import { Dialog } from "./dialog.tsx";
import type { AnswerProps, Conflict, Questions } from "./questions.ts";

const choices: readonly Conflict[] = ["keep both", "replace", "skip"];

/** Three ways, of which one that loses nothing is chosen at first; for this one, or for all that follow. */
export function ConflictDialog({ about, answer }: AnswerProps<"conflict">): JSX.Element {
  const { words } = usePage();
  const isSame = seemsSame(about);
  const [choice, setChoice] = useState<Conflict>(isSame ? "skip" : "keep both");
  const [forAll, setForAll] = useState(false);
  const name = safeText(about.name);
  const { own, there, others, changed } = about;
  const isFolder = there === "unseen" ? own.collection : there.collection;
  const facts = ({ collection, length, modified }: Questions["conflict"]["own"]): string =>
    [
      collection ? words.folder : length === undefined ? "" : formatBytes(length, words.language),
      modified === undefined ? "" : formatDayAndTime(modified, words.language),
    ]
      .filter((fact) => fact !== "")
      .join(" · ");
  return (
    <Dialog
      title={words.conflict(name)}
      button={words.goOn}
      danger={choice === "replace"}
      onAccept={() => answer({ choice, forAll })}
      onClose={() => answer(undefined)}
    >
      {changed ? <p>{words.conflictChanged}</p> : null}
      {there === "unseen" ? null : (
        <p class="facts-line">
          {words.conflictThere(facts(there))}
          <br />
          {words.conflictOwn(facts(own))}
        </p>
      )}
      {isSame ? <p>{words.conflictSame}</p> : null}
      <div class="choices" role="radiogroup" aria-labelledby="dialog-title">
        {choices
          .filter((one) => one !== "replace" || isReplaceable(about))
          .map((one) => (
            <label key={one} class={one === choice ? "chosen" : ""}>
              <input type="radio" name="choice" checked={one === choice} onChange={() => setChoice(one)} />
              <span>
                <strong>{words.choices[one]}</strong>
                <span>{one === "replace" && isFolder ? words.replaceFolder : words.choiceTexts[one]}</span>
              </span>
            </label>
          ))}
      </div>
      {others > 0 ? (
        <label class="for-all">
          <input type="checkbox" checked={forAll} onChange={() => setForAll(!forAll)} />
          <span>{words.forAll(others)}</span>
        </label>
      ) : null}
    </Dialog>
  );
}
