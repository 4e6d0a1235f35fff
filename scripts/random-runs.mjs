// @ts-check
/** How often tests try random input that say no number themselves: a hundred times, and 5,000 times in the soak. */
import { configureGlobal } from "fast-check";

configureGlobal({ numRuns: process.env["MEANWHILE_SOAK"] === "1" ? 5000 : 100 });
