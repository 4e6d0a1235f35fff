import { spawnSync } from "node:child_process";
import { describe, test } from "vitest";

/**
 * Programs that we did not write, and that judge the server. Each is found by running it; the output shows its
 * version.
 */
const judges = {
  litmus: ["litmus", "--version"],
  cadaver: ["cadaver", "--version"],
  curl: ["curl", "--version"],
  rclone: ["rclone", "version"],
  davfs2: ["/sbin/mount.davfs", "--version"],
  wget: ["wget", "--version"],
  openssl: ["openssl", "version"],
  tmux: ["tmux", "-V"],
  // Debian's Python, for it is the one that has the package.
  "python-requests": ["/usr/bin/python3", "-c", "import requests; print('requests', requests.__version__)"],
  lwp: ["perl", "-MLWP", "-e", "print qq(libwww-perl $LWP::VERSION\n)"],
  php: ["php", "--version"],
  java: ["java", "--version"],
  apache: ["apache2", "-v"],
  caddy: ["caddy", "version"],
  haproxy: ["haproxy", "-v"],
  lighttpd: ["lighttpd", "-v"],
  nginx: ["nginx", "-v"],
  chromium: ["/usr/bin/chromium", "--version"],
} as const satisfies Readonly<Record<string, readonly [string, ...string[]]>>;

export type JudgeName = keyof typeof judges;

export interface Judge {
  readonly name: JudgeName;
  readonly program: string;
  /** The first line that it says of itself; undefined where it is not here. */
  readonly version: string | undefined;
}

const hint = "`npm run judges` installs it from Debian's packages";

/** Looks for a judge on this machine. */
export function judge(name: JudgeName): Judge {
  const [program, ...args] = judges[name];
  // Not by its exit code: that of cadaver, asked for its version, is 255.
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 20_000 });
  // nginx says it on standard error.
  return { name, program, version: (stdout || stderr)?.split("\n")[0] || undefined };
}

/**
 * Describes tests that need judges. Where one is missing they are skipped with the reason, and under CI=true a test
 * fails.
 */
export function describeWith(names: readonly JudgeName[], title: string, body: () => void): void {
  const missing = names.map(judge).filter(({ version }) => version === undefined);
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  describe.skip(title, body);
  const reason = `${missing.map(({ name }) => name).join(", ")} is missing: ${hint}`;
  test(`${title}: the judges are here`, ({ skip }) => {
    if (process.env["CI"] === "true") {
      throw new Error(reason);
    }
    skip(reason);
  });
}
