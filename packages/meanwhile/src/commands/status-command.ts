/** `meanwhile status`: how far operations are. */
import type { Command } from "commander";
import { failed } from "../command-error.ts";
import { formatCount } from "../display/amounts.ts";
import { formatExactDate } from "../display/date.ts";
import { printable } from "../display/printable.ts";
import { remoteCommand, type TypedConnection } from "../remote/connection-options.ts";
import { statusWords } from "../remote/explain/explain-status.ts";
import {
  type OperationList,
  type OperationStatus,
  readStatus,
  statusLength,
} from "../remote/follow/status-news.ts";
import { commonCollection, parseRemoteUrl, shownPath } from "../remote/remote-url.ts";
import { type CommandContext, inSession, type Session } from "../remote/session.ts";

/** Where servers of this project keep the list, below the place that they serve. */
const usualList = ".meanwhile/operations/";

/** `meanwhile status URL`: its options, and what it does. */
export function statusCommand(context: CommandContext): Command {
  return remoteCommand("status", "tell how far an operation is, or list one's operations")
    .argument("<URL>", "a status document, a list of them, or the server's own URL")
    .action(async (typedUrl: string, typed: TypedConnection) => {
      const remote = parseRemoteUrl(typedUrl, { query: true });
      const base = commonCollection([remote]);
      await inSession(context, { remotes: [remote], base, typed }, async (session) => {
        const found = await findStatus(session, remote.url);
        if (!("operations" in found)) return tellOne(session, found);
        if (found.operations.length === 0) {
          if (!session.report.quiet && !session.report.json)
            session.terminal.complain("meanwhile: no operations");
        }
        for (const operation of found.operations) await tellLine(session, operation);
        if (found.more) session.report.warn("there are more operations than the server lists");
      });
    });
}

async function findStatus(session: Session, url: URL): Promise<OperationStatus | OperationList> {
  const asked = await readFrom(session, url);
  if (asked !== undefined) return asked;
  if (url.pathname.endsWith("/")) {
    const usual = await readFrom(session, new URL(usualList, url)).catch((error: unknown) => {
      if (error instanceof Error && error.name === "HttpError") return undefined;
      throw error;
    });
    if (usual !== undefined) return usual;
  }
  throw failed(`${shownPath(url)} is no status document, and the server has none at ${usualList} below it`);
}

/** Undefined where something else is there. */
async function readFrom(
  { client, signal }: Session,
  url: URL,
): Promise<OperationStatus | OperationList | undefined> {
  const headers = { Accept: "application/json" };
  const response = await client.request(url, { headers, signal });
  if (!response.ok) {
    await response.body?.cancel();
    const { HttpError } = await import("@meanwhile/client");
    throw new HttpError({ method: "GET", url, status: response.status, headers: response.headers });
  }
  if (!/^application\/(?:[^;]*\+)?json\b/i.test(response.headers.get("Content-Type") ?? "")) {
    await response.body?.cancel();
    return undefined;
  }
  const text = await boundedText(response);
  try {
    return text === undefined ? undefined : readStatus(JSON.parse(text));
  } catch {
    // A document of somebody that only says that it is JSON.
    return undefined;
  }
}

/** Undefined where it is longer than a status document can be. */
async function boundedText({ body }: Response): Promise<string | undefined> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > statusLength) return undefined;
  }
  return text + decoder.decode();
}

function tellOne({ report }: Session, operation: OperationStatus): Promise<void> {
  const {
    state,
    method,
    target,
    started,
    ended,
    remark,
    member,
    failures,
    failed: members,
    outcome,
  } = operation;
  const lines = [
    ["operation", `${printable(method)} ${printablePath(target)}`],
    ["state", printable(state)],
    ["progress", amountOf(operation)],
    ...(member === undefined ? [] : [["at", printable(member)]]),
    ...(remark === undefined ? [] : [["remark", printable(remark)]]),
    ...(started === undefined ? [] : [["started", dateOf(started)]]),
    ...(ended === undefined ? [] : [["ended", dateOf(ended)]]),
    ...(outcome === undefined ? [] : [["outcome", String(outcome)]]),
    ...(failures === 0 ? [] : [["failed", formatCount(failures)]]),
    ...members.map(({ status, uri }) => ["", `${printablePath(uri)}: ${statusWords(status)}`]),
  ];
  const text = lines.map(([name = "", value = ""]) => `${name.padEnd(11)}${value}`).join("\n");
  return report.answer(text, { type: "operation", ...operation });
}

function tellLine({ report }: Session, operation: OperationStatus): Promise<void> {
  const { href, state, method, target, outcome } = operation;
  const end = outcome === undefined ? "" : ` ${outcome}`;
  const facts = [
    `${printable(state)}${end}`.padEnd(14),
    printable(method).padEnd(6),
    printablePath(target),
    amountOf(operation),
    printable(href),
  ];
  return report.answer(facts.join("  "), { type: "operation", ...operation });
}

function amountOf({ done, total }: OperationStatus): string {
  return total === undefined ? formatCount(done) : `${formatCount(done)}/${formatCount(total)}`;
}

function printablePath(uri: string): string {
  return URL.canParse(uri) ? shownPath(new URL(uri)) : printable(uri);
}

function dateOf(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? printable(text) : formatExactDate(date);
}
