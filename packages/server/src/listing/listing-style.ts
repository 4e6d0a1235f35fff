/** How listings look. One style element, whose hash is all that the page's policy lets in. */
import { createHash } from "node:crypto";

export const listingStyle: string = `
:root {
  color-scheme: light dark;
  --text: #1b1f24; --quiet: #57606a; --ground: #ffffff; --line: #d8dee4; --link: #0a58ca; --raised: #f3f5f7;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --quiet: #9da7b3; --ground: #0d1117; --line: #30363d; --link: #79b8ff; --raised: #161b22; }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 4rem;
  background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.25rem; margin: 0 0 1rem; overflow-wrap: anywhere; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
nav ol { display: flex; flex-wrap: wrap; gap: .25rem; list-style: none; margin: 0 0 .5rem; padding: 0; }
nav li { overflow-wrap: anywhere; }
nav li + li::before { content: "/"; color: var(--quiet); margin-right: .25rem; }
nav a { display: inline-block; min-height: 1.5rem; }
table { border-collapse: collapse; width: 100%; }
main p { color: var(--quiet); margin: .75rem 0; }
th, td { border-bottom: 1px solid var(--line); font-weight: normal; padding: .375rem .5rem; text-align: left; }
thead th { color: var(--quiet); font-size: .875rem; }
tbody tr:hover { background: var(--raised); }
tbody th { overflow-wrap: anywhere; }
.error { margin: 16vh auto 0; max-width: 32rem; text-align: center; }
.error h1 { margin: 0; }
.login { margin: 12vh auto 0; max-width: 20rem; }
.login input { width: 100%; }
.login [role=alert] { color: inherit; font-weight: 600; }
.forms { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0 0 1rem; }
input, button { font: inherit; max-width: 100%; padding: .375rem .75rem; }
.collection a { font-weight: 600; }
.size, .modified { color: var(--quiet); font-variant-numeric: tabular-nums; white-space: nowrap; }
.size { text-align: right; }
@media (max-width: 36rem) { .modified { display: none; } }
`;

/** How a policy names the style. */
export const listingStyleSource: string = `'sha256-${createHash("sha256").update(listingStyle).digest("base64")}'`;

/** The policy of a listing: nothing but its style, no script, no frame around it. @param forms where forms may lead */
export function policyWith({ forms }: { readonly forms: "'none'" | "'self'" }): string {
  return [
    "default-src 'none'",
    `style-src ${listingStyleSource}`,
    "base-uri 'none'",
    `form-action ${forms}`,
    "frame-ancestors 'none'",
  ].join("; ");
}

export const listingPolicy: string = policyWith({ forms: "'none'" });
