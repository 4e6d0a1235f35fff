import type { ProxyKind } from "./proxy.ts";
import { exchange } from "./snippet.ts";

export const nghttpx: ProxyKind = {
  name: "nghttpx",
  language: "nghttpx",
  configuration({ port, upstream, timeoutS, snippet }) {
    const lines = exchange(snippet, "backend=127.0.0.1,8080", `backend=${upstream.replace(":", ",")}`);
    const here = exchange(lines, "frontend=*,443", `frontend=127.0.0.1,${port};no-tls`);
    return timeoutS === undefined
      ? here
      : exchange(here, "backend-read-timeout=1h", `backend-read-timeout=${timeoutS}s`);
  },
  command: (file) => ({ program: "nghttpx", args: [`--conf=${file}`, "--single-process"] }),
};
