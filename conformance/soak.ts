/** Whether this run is part of the soak, where the same tests try more servers and proxies, and more often. */
export const soak: boolean = process.env["MEANWHILE_SOAK"] === "1";
