/** How pages about operations look. */
export const statusPageStyle: string = `
:root {
  color-scheme: light dark;
  --text: #1b1f24; --quiet: #57606a; --ground: #ffffff; --line: #d8dee4; --link: #0a58ca; --bar: #0a58ca; --bad: #b42318;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --quiet: #9da7b3; --ground: #0d1117; --line: #30363d; --link: #79b8ff; --bar: #79b8ff; --bad: #ff9b8f; }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto; max-width: 52rem; padding: 1.5rem 1rem 4rem;
  background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.25rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
.ways a { margin-right: .75rem; }
.state { font-weight: 600; }
.quiet { color: var(--quiet); font-variant-numeric: tabular-nums; }
.bad { color: var(--bad); }
progress { accent-color: var(--bar); display: block; height: .75rem; width: 100%; }
a { color: var(--link); }
a:focus-visible, button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
button { background: none; border: 1px solid var(--line); border-radius: 6px; color: inherit; cursor: pointer; font: inherit; min-height: 2.25rem; padding: 0 .75rem; }
ul { margin: 0; padding: 0; list-style: none; }
li { border-top: 1px solid var(--line); overflow-wrap: anywhere; padding: .375rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); font-weight: normal; overflow-wrap: anywhere; padding: .375rem .5rem .375rem 0; text-align: left; vertical-align: top; }
thead th { color: var(--quiet); font-size: .875rem; }
td progress { min-width: 6rem; }
@media (max-width: 36rem) { .started { display: none; } }
`;
