/** What people type, before anything else in the help of each command. */

const lines: Readonly<Record<string, readonly string[]>> = {
  meanwhile: [
    "meanwhile serve ~/Documents",
    "meanwhile ls https://files.example/",
    "meanwhile cp https://files.example/photos/ https://files.example/backup/",
  ],
  serve: [
    "meanwhile serve ~/Documents",
    "meanwhile serve /srv/files --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem --users users",
    "meanwhile serve /srv/files --base-url https://files.example --trusted-proxy 127.0.0.1 --front haproxy",
  ],
  ls: ["meanwhile ls https://files.example/photos/", "meanwhile ls -lR https://files.example/photos/"],
  get: [
    "meanwhile get https://files.example/notes.txt",
    "meanwhile get -r https://files.example/photos/ photos",
  ],
  put: [
    "meanwhile put notes.txt https://files.example/",
    "meanwhile put -r photos https://files.example/photos/",
  ],
  cp: ["meanwhile cp https://files.example/photos/ https://files.example/backup/"],
  mv: ["meanwhile mv https://files.example/notes.txt https://files.example/old/"],
  rm: ["meanwhile rm https://files.example/notes.txt", "meanwhile rm -r https://files.example/backup/"],
  mkdir: ["meanwhile mkdir -p https://files.example/2026/january/"],
  stat: ["meanwhile stat https://files.example/notes.txt"],
  sync: [
    "meanwhile sync photos https://files.example/photos/",
    "meanwhile sync --dry-run --delete https://files.example/photos/ photos",
  ],
  lock: ["meanwhile lock https://files.example/plan.txt -- vim plan.txt"],
  unlock: ["meanwhile unlock https://files.example/plan.txt urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"],
  props: [
    "meanwhile props https://files.example/notes.txt",
    "meanwhile props https://files.example/notes.txt --set '{urn:example}author=Ann'",
  ],
  status: ["meanwhile status https://files.example/"],
  watch: ["meanwhile watch https://files.example/.meanwhile/operations/nV4rRz0uS8mXq3b1cKJdTw"],
  completion: [
    "source <(meanwhile completion bash)                                  now, in bash",
    "meanwhile completion bash > ~/.local/share/bash-completion/completions/meanwhile",
    `meanwhile completion zsh > "\${fpath[1]}/_meanwhile"`,
    "meanwhile completion fish > ~/.config/fish/completions/meanwhile.fish",
  ],
};

/** @returns text for `addHelpText("before", ...)` */
export function examplesOf(command: string): string {
  return `Examples:\n${(lines[command] ?? []).map((line) => `  ${line}\n`).join("")}`;
}
