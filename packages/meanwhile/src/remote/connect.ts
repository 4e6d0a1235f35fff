import type { DavClient } from "@meanwhile/client";
import type { ConnectionSettings } from "./connection-options.ts";

interface ClientModule {
  createClient(base: URL, options: object): DavClient;
}

/** Makes the real client. Only now is it loaded. */
export async function connect(base: URL, settings: ConnectionSettings): Promise<DavClient> {
  const { createClient } = (await import("@meanwhile/client")) as unknown as ClientModule;
  return createClient(base, settings);
}
