/** Figures as a page of Markdown, and as a picture. */
import { cpus } from "node:os";

const ours = "Meanwhile";
const floor = "bare Node";
const reference = "Apache";

export function page({ groups, starts, waiting, causes, about }) {
  const lines = [
    "# Benchmarks",
    "",
    `Made by \`npm run bench\` of commit ${about.commit}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}.`,
    `All servers on 127.0.0.1 with access logs off, each work done by each in turn; a round to warm up, then the median of ${about.rounds}, with`,
    "the least and the greatest. Steady load goes on for " +
      `${about.loadMs / 1000} s. The load generator uses the same processors.`,
    "Absolute figures are this machine's; ratios say more. A ratio above 1 is faster than the other.",
    "",
    "![Speed beside Apache, by work](benchmarks.svg)",
    "",
    ...groups.flatMap(section),
    ...startRows(starts),
    ...waitingRows(waiting),
    causes.trimEnd(),
    "",
    ...failures(groups),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

const intros = {
  Unsynced: "Root and state on tmpfs, `--durability none`; the others never sync.",
  Synced:
    "Root and state on one disk, `--durability full`, beside a bare program that makes the same syncs, and `cp -r` and then `sync -f`.",
  Large: "As the unsynced rows, one round less.",
};

function section({ name, works, servers, results }) {
  if (works.length === 0) return [];
  const names = servers.map((server) => server.name);
  const compared = names.includes(reference) ? [`of ${reference}`, "of the best of the others"] : [];
  return [
    `## ${name}`,
    "",
    intros[name],
    "",
    ...table(
      ["", ...names, "of the floor", ...compared, "goal"],
      works.map((work) => {
        const of = (server) => median(results.get(work.key)?.get(server)?.figures);
        const peers = names.filter((one) => one !== ours && one !== floor).flatMap((one) => of(one) ?? []);
        const best =
          peers.length === 0 ? undefined : isLessBetter(work) ? Math.min(...peers) : Math.max(...peers);
        return [
          `${work.name}, ${work.unit}`,
          ...names.map((one) => cell(results.get(work.key)?.get(one)?.figures)),
          ratio(work, of(ours), of(floor)),
          ...(compared.length === 0
            ? []
            : [ratio(work, of(ours), of(reference)), ratio(work, of(ours), best)]),
          work.goal,
        ];
      }),
    ),
    "",
    ...servers.map((server) => `- ${server.name} ${server.version}: ${server.note}`),
    "",
  ];
}

function startRows(starts) {
  if (starts.length === 0) return [];
  const of = (pick) => [median(starts.map((row) => pick(row, 0))), median(starts.map((row) => pick(row, 1)))];
  const row = (name, goal, pick, digits = 0) => {
    const [mine, bare] = of(pick);
    return [name, mine.toFixed(digits), bare.toFixed(digits), (mine / bare).toFixed(2), goal];
  };
  return [
    "## Start",
    "",
    ...table(
      ["", ours, floor, "times the floor", "goal"],
      [
        row("start to the first answer, ms", "2.2", ({ listening }, at) => listening[at].ms),
        row("memory of an idle server (RSS), MB", "1.6", ({ listening }, at) => listening[at].rss),
        row(
          "first PROPFIND of 1,000 members, times a warm one",
          "2.5",
          ({ listening }, at) => listening[at].first,
          1,
        ),
        row("`--version`, ms; `node -e 0`", "1.3", ({ version }, at) => version[at]),
      ],
    ),
    "",
  ];
}

function waitingRows(text) {
  if (text === undefined) return [];
  return ["## Waiting", "", waitingIntro, "", ...text.split("\n").filter((line) => line.startsWith("|")), ""];
}

const waitingIntro =
  "10,000 requests wait at once in one process, each an operation, beside a bare Node server that holds as many responses. Memory and processor time are what each adds; late is an interim response from when it was due. Goals: RSS and CPU at most 1.8 times the bare ones.";

/** Above 1: faster. */
function ratio(work, mine, other) {
  if (mine === undefined || other === undefined) return "–";
  return (isLessBetter(work) ? other / mine : mine / other).toFixed(2);
}

function isLessBetter({ unit }) {
  return unit === "ms" || unit === "MB";
}

function cell(figures) {
  const middle = median(figures);
  if (middle === undefined) return "–";
  const digits = middle < 10 ? 2 : 0;
  const [least, greatest] = [Math.min(...figures), Math.max(...figures)].map((figure) =>
    figure.toFixed(digits),
  );
  return `${middle.toFixed(digits)} (${least}–${greatest})`;
}

function median(figures) {
  if (figures === undefined || figures.length === 0) return undefined;
  const sorted = [...figures].sort((one, other) => one - other);
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2;
}

function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}

function failures(groups) {
  const found = groups.flatMap(({ works, results }) =>
    works.flatMap(({ key, name }) =>
      [...(results.get(key) ?? [])]
        // What a server does not have stands as a dash.
        .filter(([, { failure }]) => failure !== undefined && !/: (?:405|501)$/.test(failure))
        .map(([server, { failure }]) => `- ${server}: ${name}: ${failure}`),
    ),
  );
  return found.length === 0 ? [] : ["## Not done by all", "", ...found];
}

/** Bars of the speed beside Apache's, on a scale by doubling. */
export function picture({ works, results }) {
  const bars = works.flatMap((work) => {
    const of = (server) => median(results.get(work.key)?.get(server)?.figures);
    const text = ratio(work, of(ours), of(reference));
    return text === "–" ? [] : [{ name: work.name, ratio: Number(text) }];
  });
  const middle = 520;
  const perDoubling = 60;
  const height = 40 + bars.length * 22;
  const drawn = bars.map(({ name, ratio: factor }, index) => {
    const y = 34 + index * 22;
    const length = Math.max(1, Math.abs(Math.log2(Math.max(factor, 1 / 32))) * perDoubling);
    const x = factor >= 1 ? middle : middle - length;
    const color = factor >= 1 ? "#3a7d44" : "#b5651d";
    return `<text x="8" y="${y + 12}">${name}</text><rect x="${x.toFixed(0)}" y="${y}" width="${length.toFixed(0)}" height="16" fill="${color}"/><text x="${factor >= 1 ? (middle + length + 6).toFixed(0) : middle + 6}" y="${y + 12}">${factor.toFixed(2)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 ${height}" width="860" height="${height}" role="img" aria-label="Speed of Meanwhile beside Apache, by work">
<style>text{font:13px system-ui,sans-serif;fill:#333}</style><rect width="860" height="${height}" fill="#fff"/>
<text x="${middle - 60}" y="20">Apache = 1, right of the line is faster</text><line x1="${middle}" y1="28" x2="${middle}" y2="${height}" stroke="#333"/>
${drawn.join("\n")}
</svg>
`;
}
