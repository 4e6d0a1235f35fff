/** The users of Basic authentication: an htpasswd file with bcrypt hashes (`htpasswd -B`). */
import { LineError, textLines } from "../../options/text-lines.ts";

/** User names, in Unicode's composed form (NFC), with their bcrypt hashes. */
export type Htpasswd = ReadonlyMap<string, string>;

/** A check at this cost takes a few seconds; a costlier hash is more likely a slip than a wish. */
const highestBcryptCost = 16;

const bcryptHash = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/**
 * Parses an htpasswd file: `name:hash` lines.
 * @throws {LineError} naming the line that has no such form, another hash than bcrypt, or a name that was there before
 */
export function parseHtpasswd(text: string): Htpasswd {
  const users = new Map<string, string>();
  for (const { number, text: line } of textLines(text)) {
    const colon = line.indexOf(":");
    if (colon < 1) throw new LineError(number, "is not name:hash");
    const name = line.slice(0, colon).normalize("NFC");
    const hash = line.slice(colon + 1);
    const [, cost] = bcryptHash.exec(hash) ?? [];
    if (cost === undefined) {
      throw new LineError(number, "the password is not hashed with bcrypt (make it with `htpasswd -B`)");
    }
    if (Number(cost) < 4 || Number(cost) > highestBcryptCost) {
      throw new LineError(number, `the bcrypt cost must be between 4 and ${highestBcryptCost}`);
    }
    if (users.has(name)) throw new LineError(number, `${JSON.stringify(name)} is there twice`);
    users.set(name, hash);
  }
  if (users.size === 0) throw new Error("names no user");
  return users;
}
