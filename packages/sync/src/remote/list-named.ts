import { encodeName } from "@meanwhile/dav";
import type { FolderMember } from "../plan/folder-member.ts";
import type { MemberPlace } from "../plan/folder-plan.ts";
import type { KnownNames } from "../record/known-names.ts";

/** Gives the members of a collection our names, where it is known that the server has others for them. */
export async function* listNamed(
  knownNames: KnownNames | undefined,
  { local }: MemberPlace,
  members: AsyncIterable<FolderMember>,
): AsyncGenerator<FolderMember, void> {
  const known = knownNames?.in(local);
  if (known === undefined || known.size === 0) return yield* members;
  const ours = new Map([...known].map(([name, { serverName }]) => [serverName, name]));
  const waiting: { readonly member: FolderMember; readonly name: string; readonly encoded: string }[] = [];
  const names = new Set<string>();
  for await (const member of members) {
    names.add(member.name);
    const encoded = (member.kind === "other" ? undefined : member.encoded) ?? encodeName(member.name);
    const name = ours.get(encoded);
    if (member.kind === "other" || name === undefined) yield member;
    else waiting.push({ member, name, encoded });
  }
  for (const { member, name, encoded } of waiting) {
    // It has got a member of our name, too: then this is another one.
    if (member.kind === "other" || names.has(name)) yield member;
    else {
      knownNames?.see(local, name);
      yield { ...member, name, encoded, alias: true };
    }
  }
}
