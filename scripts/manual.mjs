/** `npm run manual`: writes packages/meanwhile/man/meanwhile.1 from the description of the built command. */
import { writeFileSync } from "node:fs";
import { describeProgram } from "../packages/meanwhile/dist/completion/described-program.js";
import { manualPage } from "../packages/meanwhile/dist/manual/manual-page.js";
import { processTerminal } from "../packages/meanwhile/dist/process-terminal.js";
import { createProgram } from "../packages/meanwhile/dist/program.js";

const page = new URL("../packages/meanwhile/man/meanwhile.1", import.meta.url);
writeFileSync(page, manualPage(describeProgram(createProgram(processTerminal))));
