/** Name and password. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Words } from "../words/words.ts";
import type { Account } from "./account.ts";

export interface LoginFormProps {
  readonly account: Account;
  readonly words: Words;
  /** What was typed before, or who was logged in. */
  readonly user: string;
  /** The button beside the main one; without it there is none. */
  onCancel?(): void;
}

/** The fields and the buttons: browsers fill in what they keep. */
export function LoginForm({ account, words, user, onCancel }: LoginFormProps): JSX.Element {
  const [name, password] = [useRef<HTMLInputElement>(null), useRef<HTMLInputElement>(null)];
  const [failure, setFailure] = useState("");
  const [sending, setSending] = useState(false);
  useEffect(() => (user === "" ? name : password).current?.focus(), [user]);
  const send = async (): Promise<void> => {
    setSending(true);
    setFailure("");
    const result = await account.logIn(name.current?.value ?? "", password.current?.value ?? "");
    setSending(false);
    if (result === "known") return;
    setFailure(words.loginFailures[result]);
    password.current?.select();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!sending) void send();
      }}
    >
      <label class="field">
        <span>{words.userName}</span>
        <input
          ref={name}
          name="user"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          defaultValue={user}
        />
      </label>
      <label class="field">
        <span>{words.password}</span>
        <input
          ref={password}
          name="password"
          type="password"
          autocomplete="current-password"
          required
          aria-describedby="login-failed"
        />
      </label>
      <p id="login-failed" class="wrong" role="status">
        {failure}
      </p>
      <p class="dialog-buttons">
        {onCancel === undefined ? null : (
          <button type="button" class="button" onClick={onCancel}>
            {words.cancel}
          </button>
        )}
        <button type="submit" class="button main" disabled={sending}>
          {words.logIn}
        </button>
      </p>
    </form>
  );
}
