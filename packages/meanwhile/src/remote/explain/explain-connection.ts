/** Why there was no final response, as it is told. */
import type { ConnectionError } from "@meanwhile/client";
import { summary } from "../../display/printable.ts";
import type { Explanation, FailureContext } from "./explanation.ts";

/** Says what a connection failed by, and what to do. */
export function explainConnection(error: ConnectionError, context: FailureContext): Explanation {
  const again = context.resumable === true && isPassing(error) ? "; run the same command again to go on" : "";
  return {
    exitCode: 6,
    message: `${connectionWords(error)}: ${summary(inOptions(error))}${adviceOn(error, context)}${again}`,
    facts: { code: error.code, interims: error.interims },
  };
}

/** Whether the same may succeed another time, with nothing changed. */
export function isPassing({ code }: ConnectionError): boolean {
  return code === "lost" || code === "refused" || code === "idle" || code === "timeout";
}

/** What the library tells programmers of its options, without that: the advice has the command's. */
function inOptions({ code, message }: ConnectionError): string {
  if (code === "lost") return message.replace(/^the server is not ready: /, "");
  return code === "tls"
    ? message
        .replace(/: if you trust it, give its certificate as `ca` .*$/, "")
        .replace(/^no TLS with (.*): it does not speak TLS$/, "$1")
    : message;
}

/** What happened, in a few words. */
export function connectionWords({ code, message }: ConnectionError): string {
  // The client asks again after a 503 as after a lost connection.
  if (code === "lost" && message.startsWith(notReady)) return "the server is not available";
  if (code === "tls" && message.endsWith(noTls)) return "the server does not speak TLS there";
  switch (code) {
    case "name-unknown":
      return "there is no server of that name";
    case "refused":
      return "the server was not reached";
    case "tls":
      return "the connection would not be safe";
    case "lost":
      return "the connection was lost";
    case "idle":
      return "no sign of life";
    case "timeout":
      return "not done in time";
    case "malformed":
      return "the server sent an invalid response";
    case "proxy":
      return "the proxy refused the connection";
  }
}

const notReady = "the server is not ready";
const noTls = "it does not speak TLS";

function adviceOn({ code, interims, message }: ConnectionError, { remote }: FailureContext): string {
  switch (code) {
    case "name-unknown":
      return "; check the URL";
    case "tls":
      if (message.endsWith(noTls)) return remote === undefined ? "" : `; try http://${remote.host}`;
      if (message.startsWith("cannot load the client certificate or key"))
        return "; do --cert and --key fit?";
      return "; --cacert FILE names an authority to trust, --insecure trusts every certificate";
    case "idle":
      return "; --idle-timeout sets how long to wait";
    case "timeout":
      return "; --timeout sets how long to wait";
    case "lost":
      return interims === 0 ? "" : " (after 102s: perhaps a proxy in between cannot relay them)";
    default:
      return "";
  }
}
