import type { PropertyName } from "@meanwhile/dav";
import { misuse } from "../../error/misuse.ts";

/**
 * Checks the name of a property before it goes into a document (RFC 4918 §4.4): a local name without a colon, as XML
 * writes one.
 *
 * @throws {TypeError} `ERR_PROPERTY_NAME`
 */
export function checkPropertyName({ namespace, local }: PropertyName): void {
  if (!localName.test(local))
    throw misuse("ERR_PROPERTY_NAME", `no XML element can be named ${JSON.stringify(local)}`);
  // "xml" and "xmlns" are bound for ever (XML Namespaces §3).
  if (namespace === "http://www.w3.org/2000/xmlns/" || namespace === "http://www.w3.org/XML/1998/namespace") {
    throw misuse("ERR_PROPERTY_NAME", "a property cannot be in a namespace of XML itself");
  }
  if (notInXml.test(namespace)) {
    throw misuse("ERR_PROPERTY_NAME", "a namespace name must not have control characters in it");
  }
}

/** NCName (XML Namespaces §3, XML 1.0 §2.3). */
const localName =
  /^[A-Z_a-z\xC0-\xD6\xD8-\xF6\xF8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\u{10000}-\u{EFFFF}][-.0-9A-Z_a-z\xB7\xC0-\xD6\xD8-\xF6\xF8-\u037D\u037F-\u1FFF\u200C-\u200D\u203F\u2040\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\u{10000}-\u{EFFFF}]*$/u;
const notInXml = /[\0-\x1F\uFFFE\uFFFF]|\p{Surrogate}/u;
