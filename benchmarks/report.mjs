/** Figures as a page of Markdown. */
import { cpus } from "node:os";

const reference = "Apache";

export function report({ peers, jobs, results, idle, peak, rounds, onTmpfs }) {
  const names = peers.map(({ name }) => name);
  const lines = [
    "# Benchmarks",
    "",
    "Made by `npm run bench`. One machine, one run, all servers on 127.0.0.1, access logs off; every job is done by each",
    `server in turn, ${rounds} ${rounds === 1 ? "round" : "rounds"}: the best wall time and the least processor time count. Ratios say more than absolute`,
    `figures: they are to ${reference}'s in the same run, and above 1 is worse. ${onTmpfs ? "Trees are on tmpfs." : "Trees are not on tmpfs: the disk is measured too."}`,
    `Processors: ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}.`,
    "",
    ...table(
      ["server", "version", "what it is"],
      peers.map((peer) => [peer.name, peer.version() ?? "", peer.note]),
    ),
    "",
    "## Wall time",
    "",
    "Milliseconds of one request, or requests a second; in parentheses the ratio of the time.",
    "",
    ...table(
      ["", ...names],
      jobs.map((job) => [job.name, ...names.map((name) => wall(job, results.get(job.name), name))]),
    ),
    "",
    "## Processor time",
    "",
    "Milliseconds a request, of all processes of the server, user and system.",
    "",
    ...table(
      ["", ...names],
      jobs.map((job) => [job.name, ...names.map((name) => cpu(results.get(job.name), name))]),
    ),
    "",
    "## Memory",
    "",
    "MB (PSS) of all processes of the server, sampled ten times a second.",
    "",
    ...table(
      ["", ...names],
      [
        ["idle, before the first request", ...names.map((name) => megabytes(idle.get(name)))],
        ...jobs.map((job) => [
          job.name,
          ...names.map((name) => megabytes(results.get(job.name).get(name)?.memory)),
        ]),
        ["peak of all", ...names.map((name) => megabytes(peak.get(name)))],
      ],
    ),
    "",
    ...failures(jobs, results, names),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}

function wall({ unit }, byPeer, name) {
  const { ms } = byPeer.get(name) ?? {};
  if (ms === undefined) return "–";
  const figure = unit === "ms" ? ms.toFixed(ms < 10 ? 2 : 0) : String(Math.round(1000 / ms));
  return `${figure}${ratio(ms, byPeer.get(reference)?.ms)}`;
}

function cpu(byPeer, name) {
  const { cpu: ms } = byPeer.get(name) ?? {};
  if (ms === undefined) return "–";
  return `${ms.toFixed(ms < 1 ? 3 : ms < 10 ? 1 : 0)}${ratio(ms, byPeer.get(reference)?.cpu)}`;
}

function ratio(value, base) {
  return base === undefined || base === 0 ? "" : ` (${(value / base).toFixed(2)})`;
}

function megabytes(value) {
  return value === undefined ? "–" : value.toFixed(0);
}

function failures(jobs, results, names) {
  const lines = [];
  for (const { name: job } of jobs) {
    for (const name of names) {
      const failure = results.get(job).get(name)?.failure;
      if (failure !== undefined) lines.push(`- ${name}, ${job}: ${failure}`);
    }
  }
  return lines.length === 0 ? [] : ["## What failed", "", ...lines];
}
