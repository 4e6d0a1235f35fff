/** Something of that name is there already: what is to become of it. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { usePage } from "../page-context.ts";
import { safeText } from "../safe-text.ts";
import { Dialog } from "./dialog.tsx";
import type { AnswerProps } from "./question-dialog.tsx";
import type { Conflict } from "./questions.ts";

const choices: readonly Conflict[] = ["keep both", "replace", "skip"];

/** Three ways, of which the first loses nothing; for this one, or for all that follow. */
export function ConflictDialog({ about, answer }: AnswerProps<"conflict">): JSX.Element {
  const { words } = usePage();
  const [choice, setChoice] = useState<Conflict>("keep both");
  const [forAll, setForAll] = useState(false);
  const name = safeText(about.name);
  return (
    <Dialog
      title={words.conflict(name)}
      button={words.goOn}
      danger={choice === "replace"}
      onAccept={() => answer({ choice, forAll })}
      onClose={() => answer(undefined)}
    >
      <div class="choices" role="radiogroup" aria-labelledby="dialog-title">
        {choices.map((one) => (
          <label key={one} class={one === choice ? "chosen" : ""}>
            <input type="radio" name="choice" checked={one === choice} onChange={() => setChoice(one)} />
            <span>
              <strong>{words.choices[one]}</strong>
              <span>
                {one === "replace" && about.collection ? words.replaceFolder : words.choiceTexts[one]}
              </span>
            </span>
          </label>
        ))}
      </div>
      {about.others > 0 ? (
        <label class="for-all">
          <input type="checkbox" checked={forAll} onChange={() => setForAll(!forAll)} />
          <span>{words.forAll(about.others)}</span>
        </label>
      ) : null}
    </Dialog>
  );
}
