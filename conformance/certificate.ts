import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { trusted } from "../packages/interim/src/testing/certificates.ts";

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** Writes the certificate of test servers, for 127.0.0.1, and its key. @returns the paths of both files */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const certificate = join(folder, "certificate.pem");
  const key = join(folder, "key.pem");
  await writeFile(certificate, trusted.cert);
  await writeFile(key, trusted.key, { mode: 0o600 });
  return { certificate, key };
}
