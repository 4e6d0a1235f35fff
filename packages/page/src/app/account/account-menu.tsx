/** Whose page it is, and how to leave it. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { usePage } from "../page-context.ts";
import { safeText } from "../safe-text.ts";
import type { Account } from "./account.ts";

/** A button with a small menu; nothing where the form for logging in is not offered. */
export function AccountMenu({ account }: { readonly account: Account }): JSX.Element | null {
  const { words, settings } = usePage();
  const [failed, setFailed] = useState(false);
  const { user, session, login } = settings;
  if (user === undefined || session === undefined) return null;
  const name = safeText(user);
  return (
    <>
      <button
        type="button"
        class="button plain account"
        popovertarget="account-menu"
        aria-label={words.account(name)}
        title={words.account(name)}
      >
        <Icon name="user" />
        <bdi>{name}</bdi>
      </button>
      <div id="account-menu" popover="auto" class="menu" role="group" aria-label={words.account(name)}>
        <button
          type="button"
          class="button plain"
          popovertarget="account-menu"
          onClick={() => account.change()}
        >
          {words.switchUser}
        </button>
        {/* A login of the browser's own window ends with the browser. */}
        {login === "used" ? (
          <button
            type="button"
            class="button plain"
            onClick={() => void account.logOut().then((done) => setFailed(!done))}
          >
            {words.logOut}
          </button>
        ) : null}
        <p role="status" class="wrong">
          {failed ? words.failures.connection : ""}
        </p>
      </div>
    </>
  );
}
