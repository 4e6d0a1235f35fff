/** A login that is asked for over the page: what goes on there waits for it. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { usePage } from "../page-context.ts";
import { safeText } from "../safe-text.ts";
import { useStore } from "../store.ts";
import type { Account } from "./account.ts";
import { LoginForm } from "./login-form.tsx";

/** Nothing while no login is needed. */
export function LoginDialog({ account }: { readonly account: Account }): JSX.Element | null {
  useStore(account);
  return account.asking === undefined ? null : <Open account={account} why={account.asking} />;
}

interface OpenProps {
  readonly account: Account;
  readonly why: "ended" | "switch";
}

function Open({ account, why }: OpenProps): JSX.Element {
  const { words, settings } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const user = settings.user ?? "";
  return (
    <dialog
      ref={dialog}
      // What a user who has logged out had open is nobody else's to see.
      class={why === "ended" ? "login-dialog hiding" : "login-dialog"}
      aria-labelledby="login-title"
      onCancel={(event) => {
        event.preventDefault();
        if (why === "switch") account.giveUp();
      }}
    >
      <h2 id="login-title">{why === "switch" ? words.switchUser : words.logIn}</h2>
      {why === "ended" && user !== "" ? <p>{words.loginEnded(safeText(user))}</p> : null}
      <LoginForm
        account={account}
        words={words}
        user={why === "switch" ? "" : user}
        {...(why === "switch" ? { onCancel: () => account.giveUp() } : {})}
      />
    </dialog>
  );
}
