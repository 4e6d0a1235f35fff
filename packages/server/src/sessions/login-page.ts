/** The page on which a browser's user logs in. It is a form, and needs no script. */
import { htmlText } from "@meanwhile/middleware/internal";
import { documentHead, documentTail } from "../listing/listing-page.ts";
import { policyWith } from "../listing/listing-style.ts";
import { pageDocument } from "../listing/page-document.ts";
import type { MountedPage } from "../page.ts";

export interface LoginForm {
  /** The path of the tree's root, without its slash. */
  readonly prefix: string;
  /** The path of the session, where the form goes. */
  readonly session: string;
  /** The path of the document that was asked for. */
  readonly to: string;
  /** What was typed before. */
  readonly user?: string;
  /** Why that did not do. */
  readonly failure?: string;
  /**
   * The browser came by a link of another site, and so without its cookie (`SameSite=Strict`): it asks once more by
   * itself, and then has it.
   */
  readonly askOnceMore: boolean;
}

/** A document, and its policy. */
export interface LoginPage {
  readonly html: string;
  readonly policy: string;
}

/** Where the server has a page, that page asks, in the browser's language. */
export function loginPage(form: LoginForm, page: MountedPage | undefined): LoginPage {
  const title = "Log in";
  const more = form.askOnceMore ? `<meta http-equiv="refresh" content="0">\n` : "";
  if (page === undefined) {
    return {
      html: documentHead(title, more) + body(form) + documentTail,
      policy: policyWith({ forms: "'self'" }),
    };
  }
  const login = { session: form.session, kind: "needed" } as const;
  const frame = pageDocument({ prefix: form.prefix, principal: undefined, login }, title, page, more);
  return { html: frame.start + body(form) + frame.end, policy: frame.policy };
}

function body({ session, to, user = "", failure }: LoginForm): string {
  const told = failure === undefined ? "" : `<p role="alert">${htmlText(failure)}</p>\n`;
  return `<main class="login">
<h1>Log in</h1>
${told}<form method="post" action="${htmlText(session)}">
<input type="hidden" name="to" value="${htmlText(to)}">
<p><label>User name<br><input name="user" autocomplete="username" autocapitalize="none" spellcheck="false" required value="${htmlText(user)}"></label></p>
<p><label>Password<br><input name="password" type="password" autocomplete="current-password" required></label></p>
<p><button>Log in</button></p>
</form>
<p>You are logged in, and came by a link? <a href="${htmlText(to)}">Go on</a></p>
</main>
`;
}
