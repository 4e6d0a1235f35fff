import type { JudgeName } from "../judge.ts";

const judges: Readonly<Record<string, JudgeName>> = {
  Apache: "apache",
  lighttpd: "lighttpd",
  nginx: "nginx",
  rclone: "rclone",
};

/** The programs that a peer needs; none for those of npm, which are always here. */
export function judgesOf(peer: { readonly name: string }): readonly JudgeName[] {
  const judge = judges[peer.name];
  return judge === undefined ? [] : [judge];
}
