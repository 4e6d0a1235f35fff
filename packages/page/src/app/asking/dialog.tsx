/** A window over the page, which has the keys until it is closed. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { usePage } from "../page-context.ts";
import { isSecondClick } from "../second-click.ts";

export interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** What the main button says; without it the dialog can only be closed. */
  readonly button?: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** The main button, or Enter in a field. */
  onAccept?(): void;
  onClose(): void;
}

/** The browser's own dialog: it keeps the focus, and gives it back. */
export function Dialog(props: DialogProps): JSX.Element {
  const { title, children, button, danger = false, disabled = false, onAccept, onClose } = props;
  const { words } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  /** Closed before it is taken away, it gives the focus back to where it was. */
  const leave = (act: () => void): void => {
    dialog.current?.close();
    act();
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        leave(onClose);
      }}
    >
      <form
        method="dialog"
        onClick={(event) => {
          const isButton =
            event.target instanceof Element && event.target.closest(".dialog-buttons") !== null;
          if (isButton && isSecondClick(event)) event.preventDefault();
        }}
        onKeyDown={(event) => {
          // Held down since the dialog before.
          if (event.key === "Enter" && event.repeat) event.preventDefault();
        }}
        onSubmit={(event) => {
          event.preventDefault();
          if (!disabled) leave(onAccept ?? onClose);
        }}
      >
        <h2 id="dialog-title">{title}</h2>
        {children}
        <p class="dialog-buttons">
          {button === undefined ? (
            <button type="submit" class="button main">
              {words.close}
            </button>
          ) : (
            <>
              <button
                type="button"
                class="button"
                onClick={(event) => isSecondClick(event) || leave(onClose)}
              >
                {words.cancel}
              </button>
              <button type="submit" class={`button ${danger ? "danger" : "main"}`} disabled={disabled}>
                {button}
              </button>
            </>
          )}
        </p>
      </form>
    </dialog>
  );
}
