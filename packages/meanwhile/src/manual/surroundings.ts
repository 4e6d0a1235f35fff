/** What the command takes from its surroundings. */

export interface Described {
  readonly name: string;
  readonly meaning: string;
}

export const environment: readonly Described[] = [
  { name: "MEANWHILE_USER", meaning: "Who logs in, where neither --user nor the URL says so." },
  { name: "MEANWHILE_PASSWORD", meaning: "The password for that name." },
  { name: "MEANWHILE_TOKEN", meaning: "A Bearer token; used where no name was given." },
  {
    name: "MEANWHILE_LOCK_TOKEN",
    meaning: "Lock tokens to submit with changes, where --lock-token names none.",
  },
  { name: "NETRC", meaning: "A file to use instead of ~/.netrc." },
  {
    name: "https_proxy, http_proxy, all_proxy, no_proxy",
    meaning:
      "Proxies (http:// or https://, not SOCKS) to go through, and for which hosts not. Also in upper case, but for http_proxy: a web server gives its programs as HTTP_PROXY what a client sent.",
  },
  { name: "NO_COLOR", meaning: "Respected: nothing is coloured, with or without it." },
  { name: "TERM", meaning: "Where it is dumb, progress is told in lines instead of a bar." },
];

export const files: readonly Described[] = [
  {
    name: "~/.netrc",
    meaning: "Logins by host, as curl and ftp read them. It should be readable to its owner only.",
  },
  {
    name: "~/.local/state/meanwhile",
    meaning:
      "What sync remembers of the last time, and the state of served folders; $XDG_STATE_HOME, and the like on other systems.",
  },
];
