/** All of the page, while the user is not logged in: the form. */
import type { JSX } from "preact";
import { Icon } from "../icons.tsx";
import type { Words } from "../words/words.ts";
import type { Account } from "./account.ts";
import { LoginForm } from "./login-form.tsx";

export interface LoginPageProps {
  readonly account: Account;
  readonly words: Words;
}

/** Once its user is known, the document is loaded again, and is theirs. */
export function LoginPage({ account, words }: LoginPageProps): JSX.Element {
  return (
    <main class="login-page">
      <h1>
        <Icon name="lock" />
        {words.logIn}
      </h1>
      <LoginForm account={account} words={words} user="" />
    </main>
  );
}
