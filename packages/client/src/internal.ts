/** For our own packages. It may change with any version. */
export { alikeName } from "./dav/alike-name.ts";
export { asCollection, Places } from "./dav/place.ts";
export { parseDate } from "./dav/received-resource.ts";
export { isSpent } from "./dav/resuming-content.ts";
export { startsWith } from "./dav/starts-with.ts";
export { misuse } from "./error/misuse.ts";
export { LatestNews } from "./long-request/latest-news.ts";
