/** Names of properties, as they are typed and shown: `{namespace}local` (Clark notation). */
import type { PropertyName } from "@meanwhile/dav";
import { wrongUsage } from "../command-error.ts";
import { printable } from "../display/printable.ts";

/** An XML name without a colon, near enough (XML Namespaces §4): the server has the last word. */
const localName = /^[A-Za-z_\u0080-\uFFFF][A-Za-z0-9._\u0080-\uFFFF-]*$/;

/** @throws {CommandError} where it is no such name */
export function parsePropertyName(typed: string): PropertyName {
  const [, namespace, local] = /^\{([^{}]*)\}(.*)$/su.exec(typed) ?? [];
  if (namespace === undefined || local === undefined || !localName.test(local)) {
    throw wrongUsage(
      `${printable(JSON.stringify(typed))} is no name of a property: those are written {NAMESPACE}NAME, such as '{DAV:}displayname'`,
    );
  }
  if (/[\u0000-\u0020<>"]/.test(namespace)) {
    throw wrongUsage(`${printable(JSON.stringify(namespace))} is no namespace`);
  }
  return { namespace, local };
}

/** A name and a value, `{namespace}local=value`: the value begins after the first = behind the name. */
export function parseAssignment(
  option: string,
  typed: string,
): { readonly name: PropertyName; readonly value: string } {
  const close = typed.startsWith("{") ? typed.indexOf("}") : -1;
  const equals = typed.indexOf("=", close + 1);
  if (close === -1 || equals === -1) {
    throw wrongUsage(`${option} takes {NAMESPACE}NAME=VALUE, such as '{urn:example}author=Ann'`);
  }
  return { name: parsePropertyName(typed.slice(0, equals)), value: typed.slice(equals + 1) };
}
