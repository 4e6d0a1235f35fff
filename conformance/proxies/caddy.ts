import type { ProxyKind } from "./proxy.ts";
import { exchange } from "./snippet.ts";

export const caddy: ProxyKind = {
  name: "caddy",
  language: "caddy",
  configuration({ place, port, upstream, timeoutS, snippet }) {
    // Its default is to wait forever.
    const waits = `header_up -Forwarded\n${transport(timeoutS)}`;
    const site = exchange(snippet, "api.example.com {", `http://127.0.0.1:${port} {`);
    return `
{
    admin off
    auto_https off
    storage file_system ${place}
}

${exchange(exchange(site, "127.0.0.1:8080", upstream), "header_up -Forwarded", waits)}
`;
  },
  command: (file, place) => ({
    program: "caddy",
    args: ["run", "--config", file, "--adapter", "caddyfile"],
    environment: { HOME: place, XDG_CONFIG_HOME: place, XDG_DATA_HOME: place },
  }),
};

/** Its default is to wait forever. */
function transport(timeoutS: number | undefined): string {
  return timeoutS === undefined ? "" : `transport http {\nresponse_header_timeout ${timeoutS}s\n}`;
}
