// @ts-check
/**
 * The judges: programs that we did not write and that tests run. A judge is here where its probe ends as it should and
 * shows a version that is not below the lowest.
 *
 * @typedef {object} JudgeEntry
 * @property {readonly string[]} packages Debian's, which `npm run judges` installs
 * @property {readonly [string, ...string[]]} probe a program of PATH and its arguments; it must need what the tests need
 * @property {RegExp} says finds the version in what the probe prints, on either output
 * @property {string} lowest the lowest version that the tests run with
 * @property {number} [exits] the probe's exit status; default 0
 * @property {readonly string[]} [files] modules that the tests load
 * @property {boolean} [anyOfPath] the tests run the program that was found, wherever in PATH; default: the first of PATH
 */

const apacheModules = [
  "dav",
  "dav_fs",
  "headers",
  "mpm_event",
  "proxy",
  "proxy_http",
  "http2",
  "auth_digest",
];

/** @satisfies {Readonly<Record<string, JudgeEntry>>} */
export const judgeTable = {
  litmus: { packages: ["litmus"], probe: ["litmus", "--version"], says: /^litmus ([\d.]+)/m, lowest: "0.13" },
  cadaver: {
    packages: ["cadaver"],
    probe: ["cadaver", "--version"],
    says: /^cadaver ([\d.]+)/m,
    lowest: "0.23",
    exits: 255,
  },
  // "--retry-all-errors" is of 7.71; and HTTP/2 is not built into every curl.
  curl: {
    packages: ["curl"],
    probe: ["curl", "--version"],
    says: /^curl ([\d.]+)[\s\S]*^Features:.* HTTP2\b/m,
    lowest: "7.71",
  },
  rclone: { packages: ["rclone"], probe: ["rclone", "version"], says: /^rclone v([\d.]+)/m, lowest: "1.50" },
  davfs2: {
    packages: ["davfs2"],
    probe: ["mount.davfs", "--version"],
    says: /^davfs2 ([\d.]+)/m,
    lowest: "1.6",
  },
  // Copies of a file that share its blocks, made in a moment.
  xfsprogs: {
    packages: ["xfsprogs"],
    probe: ["mkfs.xfs", "-V"],
    says: /version ([\d.]+)/,
    lowest: "5.10",
  },
  // A file system without hard links, lasting inode numbers and case.
  exfatprogs: {
    packages: ["exfatprogs", "exfat-fuse"],
    probe: ["mkfs.exfat", "-V"],
    says: /^exfatprogs version : ([\d.]+)/m,
    lowest: "1.2",
    exits: 1,
    files: ["/usr/sbin/mount.exfat-fuse"],
  },
  wget: {
    packages: ["wget"],
    probe: ["wget", "--version"],
    says: /^GNU Wget ([\d.]+)/m,
    lowest: "1.15",
  },
  systemd: {
    packages: ["systemd"],
    probe: ["systemd-analyze", "--version"],
    says: /^systemd ([\d.]+)/m,
    lowest: "247",
  },
  tmux: { packages: ["tmux"], probe: ["tmux", "-V"], says: /^tmux ([\d.]+)/m, lowest: "2.9" },
  "python-requests": {
    packages: ["python3-requests"],
    probe: ["python3", "-c", "import requests; print('requests', requests.__version__)"],
    says: /^requests ([\d.]+)/m,
    lowest: "2.20",
    anyOfPath: true,
  },
  lwp: {
    packages: ["libwww-perl"],
    probe: ["perl", "-MLWP::UserAgent", "-e", 'print "libwww-perl $LWP::UserAgent::VERSION\n"'],
    says: /^libwww-perl ([\d.]+)/m,
    lowest: "6",
  },
  php: {
    packages: ["php-cli"],
    probe: ["php", "-r", 'echo ini_get("allow_url_fopen") ? "PHP " . PHP_VERSION : "no URLs";'],
    says: /^PHP ([\d.]+)/m,
    lowest: "7",
  },
  // It runs a source file, for which it needs the compiler.
  java: {
    packages: ["default-jdk-headless"],
    probe: ["java", "--describe-module", "jdk.compiler"],
    says: /^jdk\.compiler@([\d.]+)/m,
    lowest: "11",
  },
  apache: {
    packages: ["apache2-bin"],
    probe: ["apache2", "-v"],
    says: /Apache\/([\d.]+)/,
    lowest: "2.4",
    files: apacheModules.map((name) => `/usr/lib/apache2/modules/mod_${name}.so`),
  },
  caddy: { packages: ["caddy"], probe: ["caddy", "version"], says: /^v?(2[\d.]+)/m, lowest: "2.6" },
  haproxy: {
    packages: ["haproxy"],
    probe: ["haproxy", "-v"],
    says: /^HA-?Proxy version ([\d.]+)/m,
    lowest: "2.2",
  },
  lighttpd: {
    packages: ["lighttpd", "lighttpd-mod-webdav"],
    probe: ["lighttpd", "-v"],
    says: /^lighttpd\/([\d.]+)/m,
    lowest: "1.4.50",
    files: ["/usr/lib/lighttpd/mod_webdav.so"],
  },
  nginx: {
    packages: ["nginx", "libnginx-mod-http-dav-ext"],
    probe: ["nginx", "-v"],
    says: /nginx\/([\d.]+)/,
    lowest: "1.18",
    files: ["/usr/lib/nginx/modules/ngx_http_dav_ext_module.so"],
  },
  squid: {
    packages: ["squid"],
    probe: ["squid", "--version"],
    says: /^Squid Cache: Version ([\d.]+)/m,
    lowest: "5.7",
  },
  nghttpx: {
    packages: ["nghttp2-proxy"],
    probe: ["nghttpx", "--version"],
    says: /^nghttpx nghttp2\/([\d.]+)/m,
    lowest: "1.52",
  },
  chromium: {
    packages: ["chromium"],
    probe: ["chromium", "--version"],
    says: /^Chromium ([\d.]+)/m,
    lowest: "120",
  },
  bash: { packages: ["bash"], probe: ["bash", "--version"], says: /version ([\d.]+)/, lowest: "4" },
  zsh: { packages: ["zsh"], probe: ["zsh", "--version"], says: /^zsh ([\d.]+)/m, lowest: "5" },
  fish: { packages: ["fish"], probe: ["fish", "--version"], says: /version ([\d.]+)/, lowest: "3" },
  groff: {
    packages: ["groff-base"],
    probe: ["groff", "--version"],
    says: /groff\) version ([\d.]+)/,
    lowest: "1.22",
  },
};

/** What the tests' abilities need besides: see conformance/abilities.ts. */
export const abilityPackages = ["e2fsprogs", "gcc", "libc6-dev", "strace"];

/** What `npm run bench` runs besides. */
export const benchPackages = ["wrk"];
