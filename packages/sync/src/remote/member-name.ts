/**
 * Names that come from a server and shall become names of files here. A hostile server must never reach anything
 * outside the folder, so a name is taken only if it is certain to be one name.
 */
import { isPartName } from "../local/part-name.ts";

/** Why a name is refused, in a few words. */
export type NameRefusal =
  | "it is empty"
  | "it is a dot segment"
  | "it has a separator or NUL in it"
  | "it is not UTF-8"
  | "it is a name of unfinished downloads"
  | "this platform cannot have such a name";

const windowsRefused =
  /[\u0000-\u001f<>:"/\\|?*]|[. ]$|^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$)\s*(?:\.|:|$)/iu;
const illFormed = /\p{Surrogate}/u;

/**
 * Why a name cannot be that of a local file or folder; undefined if it can. A backslash separates names on Windows
 * only: elsewhere it is a character like any other, and a folder that has it goes up and comes back unchanged.
 */
export function localNameRefusal(name: string, platform: NodeJS.Platform): NameRefusal | undefined {
  if (name === "") return "it is empty";
  if (name === "." || name === "..") return "it is a dot segment";
  if (name.includes("/") || name.includes("\0")) return "it has a separator or NUL in it";
  if (illFormed.test(name)) return "it is not UTF-8";
  if (isPartName(name)) return "it is a name of unfinished downloads";
  if (platform === "win32" && windowsRefused.test(name)) return "this platform cannot have such a name";
  return undefined;
}

/** The last segment of a URL as the server wrote it, and decoded; `name` is undefined where it is not UTF-8. */
export interface LastSegment {
  readonly encoded: string;
  readonly name: string | undefined;
}

/**
 * The name of `member` within `collection`; undefined where it is not a member of it: elsewhere, deeper, or the
 * collection itself. Servers differ in which characters they encode, so segments are compared decoded.
 */
export function memberSegment(collection: URL, member: URL): LastSegment | undefined {
  if (member.protocol !== collection.protocol || member.host !== collection.host) return undefined;
  const above = collection.pathname.replace(/\/$/, "");
  const path = member.pathname.replace(/\/$/, "");
  const cut = path.lastIndexOf("/");
  if (cut < 0) return undefined;
  const parent = path.slice(0, cut);
  const encoded = path.slice(cut + 1);
  if (encoded === "" || !samePath(parent, above)) return undefined;
  return { encoded, name: decoded(encoded) };
}

function samePath(one: string, other: string): boolean {
  if (one === other) return true;
  const ours = one.split("/");
  const theirs = other.split("/");
  return (
    ours.length === theirs.length &&
    ours.every((segment, index) => {
      const against = theirs[index] ?? "";
      return segment === against || (decoded(segment) ?? segment) === (decoded(against) ?? against);
    })
  );
}

function decoded(segment: string): string | undefined {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    // A URIError says that the octets are not UTF-8: that is the answer.
    return undefined;
  }
}
