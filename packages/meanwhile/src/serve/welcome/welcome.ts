/** What is said on standard output after the first line. */
import { formatHostPort } from "../../options/host-port.ts";
import type { ServeOptions } from "../../options/serve-options.ts";
import type { ServedFolder } from "../folder.ts";
import { pasteLines } from "./paste-lines.ts";
import { sampleTree } from "./sample.ts";

/** @param url where the server listens, with a trailing slash */
export async function welcome(
  options: ServeOptions,
  { folder, state, sample }: ServedFolder,
  url: string,
): Promise<readonly string[]> {
  const lines = [
    `  folder  ${printable(folder)}${options.readOnly ? " (read-only)" : ""}`,
    `  state   ${printable(state)}`,
  ];
  if (sample) lines.push("  This is a copy of the sample folder; `meanwhile serve DIR` serves one of yours.");
  if (options.readOnly) return lines;

  const clientUrl = options.baseUrl === undefined ? reachable(url) : `${options.baseUrl}/`;
  const commands = await pasteLines({
    folder,
    url: clientUrl,
    curlArguments: curlArguments(options),
    ...(sample ? { tree: sampleTree } : {}),
  });
  return [
    ...lines,
    "",
    sample ? "To watch a long COPY:" : "To see an interim response with your own eyes:",
    ...commands.map((line) => `  ${line}`),
    "",
  ];
}

function curlArguments(options: ServeOptions): readonly string[] {
  const hasUsers = options.users !== undefined || options.digestUsers !== undefined;
  return [
    // Nobody knows here which name the certificate is for.
    ...(options.tls !== undefined && options.baseUrl === undefined ? ["-k"] : []),
    ...(hasUsers ? ["--anyauth", "-u", "NAME"] : []),
  ];
}

/** An address that stands for all of the machine's is none that one could connect to. */
function reachable(url: string): string {
  const { protocol, port, hostname } = new URL(url);
  if (hostname !== "0.0.0.0" && hostname !== "[::]") return url;
  const host = hostname === "[::]" ? "::1" : "127.0.0.1";
  return `${protocol}//${formatHostPort({ host, port: Number(port || (protocol === "https:" ? 443 : 80)) })}/`;
}

/** Control characters would reach the terminal. */
function printable(path: string): string {
  return /[\u0000-\u001F\u007F-\u009F]/.test(path) ? JSON.stringify(path) : path;
}
