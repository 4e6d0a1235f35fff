import { readdirSync } from "node:fs";

/** All files below a folder of the project, by their paths from its root; without what is installed or built. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((name) => !/\/(?:node_modules|dist|bundle)\//.test(name));
}
