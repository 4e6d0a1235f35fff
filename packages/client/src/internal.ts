/** For our own packages. It may change with any version. */

export { isSpent } from "./dav/content/resuming-content.ts";
export { startsWith } from "./dav/content/starts-with.ts";
export { alikeName } from "./dav/listing/alike-name.ts";
export { asCollection, Places } from "./dav/place.ts";
export { parseDate } from "./dav/properties/received-resource.ts";
export { misuse } from "./error/misuse.ts";
export { atOnce, type RepeatPolicy } from "./repeat/policies.ts";
export { type Circumstances, Repeating, type Verdict } from "./repeat/repeating.ts";
export { type Setback, setbackOf } from "./repeat/setback.ts";
export { LatestNews } from "./status/latest-news.ts";
