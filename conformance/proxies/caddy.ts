import type { ProxyKind } from "./proxy.ts";
import { exchange } from "./snippet.ts";

export const caddy: ProxyKind = {
  name: "caddy",
  language: "caddy",
  configuration({ place, port, upstream, timeoutS, http2, snippet }) {
    const addressed = exchange(snippet, "api.example.com {", `http://127.0.0.1:${port} {`);
    const site = exchange(addressed, "127.0.0.1:8080", upstream);
    return `
{
    admin off
    auto_https off
    ${http2 ? "servers {\n        protocols h1 h2c\n    }" : ""}
    storage file_system ${place}
}

${exchange(site, "header_up -Forwarded", `header_up -Forwarded\n${transport(timeoutS)}`)}
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
