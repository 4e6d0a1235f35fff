/** The only place that reads the error codes of Node, OpenSSL and llhttp. */
import { InterimLimitError } from "@meanwhile/interim/reading";
import { ConnectionError, type ConnectionErrorCode } from "../error/connection-error.ts";
import type { Standing } from "./waiting.ts";

/**
 * Makes a ConnectionError of whatever went wrong on a connection; one that is one already is given back.
 *
 * @param place where it was tried: the host and its port, or a proxy
 */
export function connectionFailure(
  cause: unknown,
  standing: Standing,
  host = "",
  place: string = host,
): ConnectionError {
  if (cause instanceof ConnectionError) return cause;
  const [code, message] = explain(cause, host, place, standing);
  return new ConnectionError(code, message, { ...standing, cause });
}

function explain(
  cause: unknown,
  host: string,
  place: string,
  standing: Standing,
): [ConnectionErrorCode, string] {
  if (cause instanceof InterimLimitError) return ["malformed", cause.message];
  const nodeCode = codeOf(cause);
  const why = cause instanceof Error && cause.message !== "" ? cause.message : String(cause);
  const text = nodeCode === "" || why.includes(nodeCode) ? why : `${why} (${nodeCode})`;

  if (nodeCode === "ENOTFOUND") return ["name-unknown", `the name ${host} has no address`];
  if (nodeCode === "EAI_AGAIN") return ["name-unknown", `the name ${host} cannot be looked up now`];
  if (nodeCode.startsWith("EAI_")) return ["name-unknown", `the name ${host} cannot be looked up: ${text}`];
  if (nodeCode === "ECONNREFUSED") return ["refused", `no server listens at ${place}`];
  if (unreachable.has(nodeCode) && !standing.mayHaveArrived) {
    return ["refused", `there is no route to ${place}: ${text}`];
  }
  const trust = distrust[nodeCode];
  if (trust !== undefined) return ["tls", `the certificate of ${host} ${trust}`];
  if (nodeCode === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return ["tls", `the certificate is for another name than ${host}: ${why}`];
  }
  if (ownCertificate.test(nodeCode)) return ["tls", `cannot load the client certificate or key: ${text}`];
  if (/^ERR_(TLS|SSL|OSSL)_|^EPROTO$|^CERT_|^CRL_/.test(nodeCode)) {
    return ["tls", `no TLS with ${host}: ${plainTls.test(why + nodeCode) ? "it does not speak TLS" : text}`];
  }
  if (nodeCode === "HPE_HEADER_OVERFLOW") return ["malformed", "the fields of a response are too large"];
  if (nodeCode.startsWith("HPE_")) return ["malformed", `what ${host} answers is no HTTP: ${text}`];
  if (/NGHTTP2_(PROTOCOL_ERROR|FRAME_SIZE_ERROR|COMPRESSION_ERROR|FLOW_CONTROL_ERROR)/.test(why)) {
    return ["malformed", `what ${host} answers is no HTTP/2: ${text}`];
  }
  if (/NGHTTP2_ENHANCE_YOUR_CALM/.test(why)) {
    return ["malformed", `${host} refused the number or size of the messages: ${text}`];
  }
  return ["lost", `the connection to ${host} was lost: ${text}`];
}

function codeOf(cause: unknown): string {
  if (typeof cause !== "object" || cause === null) return "";
  // Several addresses were tried: the last one's reason is as good as any.
  if (cause instanceof AggregateError && cause.errors.length > 0) return codeOf(cause.errors.at(-1));
  return "code" in cause && typeof cause.code === "string" ? cause.code : "";
}

const unreachable: ReadonlySet<string> = new Set([
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETDOWN",
  "ETIMEDOUT",
  "EADDRNOTAVAIL",
  "ERR_SOCKET_CONNECTION_TIMEOUT",
  "EACCES",
]);

/** A peer that speaks something else is found out by its first bytes, which are no TLS record. */
const plainTls = /wrong[_ ]version[_ ]number|WRONG_VERSION_NUMBER|packet length too long|http request/i;

/** Found in what we were given, before anything is sent: OpenSSL's x509, PEM and encoding routines. */
const ownCertificate =
  /^ERR_OSSL_(?:X509_KEY_(?:VALUES|TYPE)_MISMATCH|PEM_|EVP_|ASN1_|UNSUPPORTED|CRYPTO_|BAD_DECRYPT|BAD_PASSWORD)/;

const trustIt = "if you trust it, give its certificate as `ca` (NODE_EXTRA_CA_CERTS for all programs)";

const distrust: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: `is signed by itself (self-signed): ${trustIt}`,
  SELF_SIGNED_CERT_IN_CHAIN: `comes from an authority that is not known here (self-signed): ${trustIt}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `comes from an authority that is not known here, or the server does not send the certificates between: ${trustIt}`,
  UNABLE_TO_GET_ISSUER_CERT: `comes from an authority that is not known here: ${trustIt}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `comes from an authority that is not known here: ${trustIt}`,
  CERT_UNTRUSTED: `is not trusted: ${trustIt}`,
  CERT_HAS_EXPIRED: "has expired: its owner must renew it, or the clock here is wrong",
  CERT_NOT_YET_VALID: "is not valid yet: or the clock here is wrong",
  CERT_REVOKED: "was revoked",
};
