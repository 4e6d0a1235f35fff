import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The user of all tests that have users. */
export const user = { name: "ann", password: "open sesame" } as const;

/** What the server calls its realm; an htdigest file is made for one realm. */
export const realm = "meanwhile";

/** bcrypt with the least cost, of the password above; as `htpasswd -nbB -C 4` makes it. */
const bcrypt = "$2y$04$XcTofKFKAsjAV8PiC8xuXetnz/vFjm6Iq0KXqDM15AtcsqZcFXqh2";

/** Writes an htpasswd file for Basic. @returns its path */
export async function writeUsers(folder: string): Promise<string> {
  const path = join(folder, "users");
  await writeFile(path, `${user.name}:${bcrypt}\n`);
  return path;
}

/** Writes an htdigest file for Digest. @returns its path */
export async function writeDigestUsers(folder: string): Promise<string> {
  const path = join(folder, "digest-users");
  const secret = createHash("md5").update(`${user.name}:${realm}:${user.password}`).digest("hex");
  await writeFile(path, `${user.name}:${realm}:${secret}\n`);
  return path;
}
