import { expect, test } from "vitest";
import { MountTable, parseMountinfo } from "./mount-table.ts";

const text = `22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p1 rw
31 22 0:27 / /srv/files rw,relatime shared:9 - xfs /dev/sdb1 rw
32 31 0:50 / /srv/files/team\\040room rw,relatime - nfs4 server:/team rw,vers=4.2
33 31 0:51 / /srv/files/team\\040room/phone rw,nosuid master:3 propagate_from:2 - fuse.sshfs phone:/ rw
34 22 0:52 / /srv/filesystem rw - cifs //server/share rw
nonsense
`;

function makeTable(root: string, told: { text: string | undefined }) {
  let now = 0;
  let reads = 0;
  const read = () => {
    reads += 1;
    return told.text;
  };
  const table = new MountTable({ root, read, clock: () => now });
  return { table, reads: () => reads, pass: (ms: number) => (now += ms) };
}

test.each([
  ["/srv/files", "31 0:27", true],
  ["/srv/files/a", "31 0:27", true],
  ["/srv/files/team", "31 0:27", true],
  ["/srv/files/team room", "32 0:50", false],
  ["/srv/files/team room 2", "31 0:27", true],
  ["/srv/files/team room/a/b", "32 0:50", false],
  ["/srv/files/team room/phone/dcim", "33 0:51", false],
])("%s is on the deepest mount that covers it", (path, id, local) => {
  expect(makeTable("/srv/files", { text }).table.mountOf(path)).toMatchObject({ id, local });
});

test("a root that is no mount point is on the mount above it", () => {
  expect(makeTable("/srv/other", { text }).table.mountOf("/srv/other/a")).toMatchObject({ id: "22 259:1" });
  expect(makeTable("/", { text }).table.mountOf("/srv/filesystem/a")).toMatchObject({ id: "34 0:52" });
});

test("of two mounts at one place the last one counts", () => {
  const twice = `${text}40 31 0:60 / /srv/files rw - tmpfs tmpfs rw\n41 40 0:61 / /srv/files/x rw - ext4 a rw\n42 41 0:62 / /srv/files/x rw - nfs a rw`;
  const { table } = makeTable("/srv/files", { text: twice });
  expect(table.mountOf("/srv/files/a")).toMatchObject({ id: "40 0:60" });
  expect(table.mountOf("/srv/files/x/a")).toMatchObject({ id: "42 0:62", local: false });
});

test("the table is read again when it is a second old; where it cannot be, what was read holds", () => {
  const told: { text: string | undefined } = { text };
  const { table, reads, pass } = makeTable("/srv/files", told);
  for (let i = 0; i < 10; i += 1) table.mountOf("/srv/files/a");
  expect(reads()).toBe(1);
  told.text = undefined;
  pass(1000);
  expect(table.mountOf("/srv/files/a")).toMatchObject({ id: "31 0:27" });
  told.text = text.replace("xfs", "fuse.s3");
  pass(1000);
  expect(table.mountOf("/srv/files/a")).toMatchObject({ local: false });
});

test("without a table paths are taken for local", () => {
  expect(makeTable("/srv", { text: undefined }).table.mountOf("/srv/a")).toMatchObject({ local: true });
});

test.each(["ext4", "xfs", "btrfs", "tmpfs", "zfs", "overlay", "vfat", "exfat"])("%s is local", (type) => {
  expect(parseMountinfo(`1 0 0:1 / / rw - ${type} a rw`)[0]?.local).toBe(true);
});

test.each([
  "nfs",
  "nfs4",
  "cifs",
  "smb3",
  "fuse",
  "fuseblk",
  "fuse.rclone",
  "9p",
  "virtiofs",
  "ceph",
  "autofs",
  "new",
])("%s is not taken for local", (type) => {
  expect(parseMountinfo(`1 0 0:1 / / rw - ${type} a rw`)[0]?.local).toBe(false);
});
