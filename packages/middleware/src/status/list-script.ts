/** What makes the list of operations live. All that events say is put in as text. */
import { STATUS_CODES } from "node:http";
import { stateWords } from "./words.ts";

const texts = JSON.stringify({ words: stateWords, reasons: STATUS_CODES });

export const statusListScript: string = `
(() => {
  const { words, reasons } = ${texts};
  const rows = document.getElementById("rows");
  const cell = (content) => {
    const element = document.createElement("td");
    element.append(content);
    return element;
  };
  const row = ({ href, method, target, state, started, progress: { done, total }, failures, outcome }) => {
    const tr = document.createElement("tr");
    const th = document.createElement("th");
    const link = document.createElement("a");
    const name = document.createElement("bdi");
    const bar = document.createElement("progress");
    const time = document.createElement("td");
    th.scope = "row";
    link.href = new URL(href).pathname;
    name.textContent = target;
    link.append(method, " ", name);
    th.append(link);
    bar.setAttribute("aria-label", "Members");
    const all = outcome ? total ?? done : total;
    if (all !== undefined) { bar.max = Math.max(all, 1); bar.value = all === 0 ? 1 : done; }
    time.className = "started";
    time.textContent = started.slice(0, 10) + " " + started.slice(11, 19) + " UTC";
    tr.append(
      th,
      cell(words[state] + (outcome ? ": " + outcome.status + " " + (reasons[outcome.status] || "") : "") + (failures ? ", " + failures + " failed" : "")),
      cell(bar),
      time,
    );
    return tr;
  };
  const source = new EventSource(location.pathname);
  source.addEventListener("operations", ({ data }) => {
    const { operations, more } = JSON.parse(data);
    rows.replaceChildren(...operations.map(row));
    document.getElementById("none").hidden = operations.length > 0;
    document.getElementById("more").hidden = !more;
  });
})();
`;
