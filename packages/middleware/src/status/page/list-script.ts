/**
 * What makes the list of operations live. All that events say is put in as text.
 *
 * Nobody knows whose the operations of clients are that did not log in. Those that the file manager began are kept by its browser
 * (`page/src/app/tray/own-operations.ts`), under the path of the list; what is there may be anything, and is bounded.
 */
import { STATUS_CODES } from "node:http";
import { shownUrlScript } from "./shown-url.ts";
import { stateWords } from "./words.ts";

const texts = JSON.stringify({ words: stateWords, reasons: STATUS_CODES });

export const statusListScript: string = `
(() => {
  const { words, reasons } = ${texts};
  ${shownUrlScript}
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
    name.textContent = shownUrl(target);
    link.append(method, " ", name);
    th.append(link);
    bar.setAttribute("aria-label", "Members");
    const all = outcome ? total ?? done : total;
    if (all !== undefined) { bar.max = Math.max(all, 1); bar.value = all === 0 ? 1 : done; }
    time.className = "started";
    time.textContent = started.slice(0, 10) + " " + started.slice(11, 19) + " UTC";
    tr.append(
      th,
      cell(words[state] + (outcome && state !== "cancelled" ? ": " + outcome.status + " " + (reasons[outcome.status] || "") : "") + (failures ? ", " + failures + " failed" : "")),
      cell(bar),
      time,
    );
    return tr;
  };
  const show = ({ data }) => {
    const { operations, more } = JSON.parse(data);
    rows.replaceChildren(...operations.map(row));
    document.getElementById("none").hidden = operations.length > 0;
    document.getElementById("more").hidden = !more;
  };
  const key = "meanwhile " + location.pathname;
  const kept = () => {
    try {
      const ids = JSON.parse(localStorage.getItem(key) ?? "[]");
      return Array.isArray(ids) ? ids.filter((id) => typeof id === "string" && /^[\\w-]{1,128}$/.test(id)).slice(0, 50) : [];
    } catch {
      return [];
    }
  };
  let source;
  const listen = (query) => {
    source?.close();
    source = new EventSource(location.pathname + query);
    source.addEventListener("operations", show);
  };
  const listenToOwn = () => {
    const ids = kept();
    if (ids.length > 0) listen("?" + ids.map((id) => "id=" + id).join("&"));
  };
  if (document.querySelector("main").dataset.of !== "browser") listen(location.search);
  else {
    addEventListener("storage", (event) => { if (event.key === key) listenToOwn(); });
    listenToOwn();
  }
})();
`;
