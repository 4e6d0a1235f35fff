/**
 * What makes the page of an operation live: it follows the events of the page's own URL. All that they say is put in
 * as text, never as markup. Without it the page is complete, and loads itself again.
 */
import { STATUS_CODES } from "node:http";
import { shownUrlScript } from "./shown-url.ts";
import { stateWords } from "./words.ts";

const texts = JSON.stringify({ words: stateWords, reasons: STATUS_CODES });

export const statusPageScript: string = `
(() => {
  const { words, reasons } = ${texts};
  ${shownUrlScript}
  const get = (id) => document.getElementById(id);
  const text = (id, value) => {
    const element = get(id);
    // A status region is read out whenever it is set.
    if (element.textContent !== value) element.textContent = value;
    element.hidden = value === "";
  };
  const bar = (element, done, total) => {
    if (total === undefined) { element.removeAttribute("value"); return; }
    element.max = Math.max(total, 1);
    element.value = total === 0 ? 1 : done;
  };
  const started = Date.parse(get("operation").dataset.started);
  const members = (count) => count + (count === 1 ? " member" : " members");
  const megabytes = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
  const remaining = ({ done, total, bytes }) => {
    if (total === undefined) return "";
    const part = done + (bytes && bytes.total > 0 ? bytes.done / bytes.total : 0);
    const spent = Date.now() - started;
    if (part <= 0 || part > total || spent <= 0) return "";
    const seconds = Math.ceil((spent / part) * (total - part) / 1000);
    if (seconds < 60) return "about " + seconds + " s left";
    return seconds < 5400 ? "about " + Math.ceil(seconds / 60) + " min left" : "about " + Math.ceil(seconds / 3600) + " h left";
  };
  const clock = (seconds) => {
    const pad = (value) => String(value).padStart(2, "0");
    const whole = Math.max(0, Math.floor(seconds));
    const minutes = Math.floor(whole / 60);
    return minutes < 60 ? minutes + ":" + pad(whole % 60) : Math.floor(minutes / 60) + ":" + pad(minutes % 60) + ":" + pad(whole % 60);
  };
  let last;
  const pace = () => {
    if (!last) return;
    const { progress: { done }, ended, outcome } = last;
    const seconds = ((outcome ? Date.parse(ended) : Date.now()) - started) / 1000;
    const rate = Math.round(done / seconds);
    text("pace", outcome ? "took " + clock(seconds) : clock(seconds) + " so far" + (seconds < 1 || done / seconds < 1 ? "" : ", " + members(rate) + " a second"));
  };
  const passing = setInterval(pace, 1000);
  const show = (told) => {
    last = told;
    const { method, state, progress, failures, outcome } = last;
    const { done, total, bytes, remark, member } = progress;
    const line = words[state] + (outcome && state !== "cancelled" ? ": " + outcome.status + " " + (reasons[outcome.status] || "") : "");
    text("state", line);
    const part = done + (bytes && bytes.total > 0 ? bytes.done / bytes.total : 0);
    document.title = (outcome || !(total > 0) ? "" : Math.floor(100 * part / total) + "% ") + method + ": " + line;
    if (outcome) clearInterval(passing);
    pace();
    text("count", total === undefined ? members(done) : done + " of " + members(total));
    bar(get("progress"), done, total === undefined && outcome ? done : total);
    get("member").hidden = !member;
    get("member").firstChild.textContent = plain(member || "");
    get("bytes").hidden = !bytes || !!outcome;
    if (bytes) bar(get("bytes"), bytes.done, bytes.total);
    text("bytes-line", bytes && !outcome ? megabytes(bytes.done) + " of " + megabytes(bytes.total) + " MB of this file" : "");
    text("remaining", outcome ? "" : remaining(progress));
    text("remark", remark || "");
    text("failures", failures === 0 ? "" : members(failures) + " failed");
    get("cancel").hidden = state !== "running";
    get("outcome").hidden = !outcome;
    if (get("result")) get("result").hidden = !outcome || outcome.status < 200 || outcome.status > 299;
  };
  const kept = 1000;
  const list = get("failed");
  // What the page had from the start is told again by the first event.
  let seen = new Set(Array.from(list.children, (item) => item.textContent));
  const failed = (results) => {
    for (const { status, uri } of results) {
      const item = document.createElement("li");
      const code = document.createElement("code");
      const name = document.createElement("bdi");
      code.textContent = status;
      name.textContent = shownUrl(uri);
      item.append(code, " ", name);
      if (seen.has(item.textContent) || list.childElementCount >= kept) continue;
      seen.add(item.textContent);
      list.append(item);
    }
  };
  const source = new EventSource(location.pathname);
  source.addEventListener("progress", ({ data }) => show(JSON.parse(data)));
  source.addEventListener("result", ({ data }) => {
    // The latest come first.
    failed(JSON.parse(data).results.filter(({ status }) => status >= 400).reverse());
  });
  source.addEventListener("outcome", ({ data }) => {
    const whole = JSON.parse(data);
    show(whole);
    list.replaceChildren();
    seen = new Set();
    failed(whole.failed);
    source.close();
  });
  source.addEventListener("error", () => text("connection", source.readyState === EventSource.CLOSED ? "Not connected. Load the page again to see more." : "Connecting again."));
  source.addEventListener("open", () => text("connection", ""));
  get("cancel").hidden = get("operation").dataset.state !== "running";
  get("cancel").addEventListener("click", async () => {
    get("cancel").disabled = true;
    try {
      await fetch(location.pathname + "/cancel", { method: "POST" });
    } catch {
      get("cancel").disabled = false;
    }
  });
})();
`;
