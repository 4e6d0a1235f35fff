/** The body of a PROPFIND's 207, made while it is sent (RFC 4918 §9.1). */
import { type DeadProperty, encodeName, type Href, memberPath, type ResourcePath } from "@meanwhile/dav";
import { multistatusEnd, multistatusStart, propertyResponse, statusResponse } from "@meanwhile/dav/xml";
import type { Action } from "../access.ts";
import type { ServerContext } from "../context.ts";
import { type OpenLevel, openLevel } from "../listing/member-walk.ts";
import type { ActiveLocks, LocksInView } from "../locks/locks-in-view.ts";
import { kindOf, type Quota, type Resource, type Tree, TreeError } from "../store.ts";
import { fromTreeError } from "../trees/tree-status.ts";
import type { PropertyReport } from "./property-report.ts";

export interface PropertyStreamOptions {
  readonly report: PropertyReport;
  readonly root: {
    readonly path: ResourcePath;
    readonly href: Href;
    readonly name: string;
    readonly resource: Resource;
  };
  /** The root's members, opened, where they are in the answer: a root that cannot be read has failed before this. */
  readonly members: OpenLevel | undefined;
  /** Whether members of members are in the answer, at any depth. */
  readonly deep: boolean;
  /** Whether the root itself is in the answer (`Prefer: depth-noroot` leaves it out, RFC 8144 §4). */
  readonly withRoot: boolean;
  readonly locks: LocksInView;
  /** Whether a member is in the answer. */
  readonly isShown: (path: ResourcePath) => boolean;
  readonly principal: string | undefined;
  readonly principalHref: string | undefined;
  readonly closed: AbortSignal;
  /** Told of each member, and of each collection below the root, that could not be read: its error stands in the 207, and is for the log. */
  failed(error: TreeError): void;
}

/** How much text is gathered before it is handed on, in characters. */
export const chunkLength: number = 32 * 1024;

/**
 * Streams a multistatus document. Memory is bounded by the depth of the tree, not by its size: a level holds one
 * batch of members. Others get a turn after each chunk. Breaking off, by `closed` or by ending the iteration, ends the
 * walk and closes `members`.
 *
 * Members that vanish meanwhile are left out; what cannot be read below the root is in the answer with its status.
 *
 * @throws {TreeError} where a collection breaks off in its middle: an answer that is cut short shows that it is
 */
export async function* streamProperties(
  context: ServerContext,
  options: PropertyStreamOptions,
): AsyncGenerator<string, void, void> {
  const { root, deep, locks, isShown, closed } = options;
  const now = context.now;
  const describe = describer(context, options);
  const walk = { properties: options.report.needsDeadProperties, signal: closed };
  const levels: Level[] = [];
  let text = multistatusStart;
  let handedOnMs = now();

  // The collection's own response waits until its members are known to be readable: "a particular DAV:href MUST NOT
  // appear more than once as the child of a DAV:response XML element under a DAV:multistatus" (§14.24).
  async function enter(
    path: ResourcePath,
    href: Href,
    inherited: ActiveLocks,
  ): Promise<"entered" | "gone" | number> {
    try {
      levels.push({ members: await openLevel(context.tree, path, walk), href, inherited });
      return "entered";
    } catch (error) {
      if (!(error instanceof TreeError) || error.code === "stopped") throw error;
      if (error.code === "not-found" || error.code === "not-a-collection") return "gone";
      return statusOf(error);
    }
  }

  function failed(href: Href, error: unknown): string {
    if (!(error instanceof TreeError) || error.code === "stopped") throw error;
    return error.code === "not-found" ? "" : statusResponse(href, statusOf(error));
  }

  function statusOf(error: TreeError): number {
    options.failed(error);
    return fromTreeError(error, "PROPFIND").status;
  }

  try {
    if (options.members) {
      levels.push({ members: options.members, href: root.href, inherited: locks.inherited });
    }
    if (options.withRoot) {
      const deadProperties = walk.properties ? await context.tree.properties(root.path) : [];
      text += await describe({ ...root, deadProperties, activeLocks: locks.ofRoot });
    }
    for (let level = levels.at(-1); level !== undefined && !closed.aborted; level = levels.at(-1)) {
      const waits = !level.members.atHand;
      if (text.length >= chunkLength || (waits && text !== "" && now() - handedOnMs >= patienceMs)) {
        yield text;
        text = "";
        handedOnMs = now();
        await turn();
      }
      const member = level.members.take();
      if (member === undefined) {
        if (!(await moreOf(level))) levels.pop();
        continue;
      }
      const path = memberPath(level.members.path, member.name);
      if (!isShown(path)) continue;
      const collection = kindOf(member) === "collection";
      const href = level.href + encodeName(member.name) + (collection ? "/" : "");
      const { own, passedOn } = locks.anyBelow
        ? locks.below(path, collection, level.inherited)
        : { own: level.inherited, passedOn: level.inherited };
      if (member.resource === undefined) {
        text += statusResponse(href, statusOf(member.error));
        continue;
      }
      const entered = collection && deep ? await enter(path, href, passedOn) : "entered";
      if (entered === "gone") continue;
      if (entered !== "entered") text += statusResponse(href, entered);
      else {
        const { name, resource, properties: deadProperties } = member;
        const described = describe({ path, href, name, resource, deadProperties, activeLocks: own });
        text +=
          typeof described === "string" ? described : await described.catch((error) => failed(href, error));
      }
    }
    if (!closed.aborted) yield text + multistatusEnd;
  } finally {
    for (const level of levels.toReversed()) await level.members.close();
  }
}

interface Level {
  readonly members: OpenLevel;
  /** Of the collection, with its trailing slash. */
  readonly href: Href;
  readonly inherited: ActiveLocks;
}

/** A tree that answers slowly does not keep back what is there already. */
const patienceMs = 250;

/** Waits for more members; a collection that vanished has no more. */
async function moreOf(level: Level): Promise<boolean> {
  try {
    return await level.members.more();
  } catch (error) {
    if (error instanceof TreeError && error.code === "not-found") return false;
    throw error;
  }
}

interface Described {
  readonly path: ResourcePath;
  readonly href: Href;
  readonly name: string;
  readonly resource: Resource;
  readonly deadProperties: readonly DeadProperty[];
  readonly activeLocks: ActiveLocks;
}

/** Makes the `DAV:response` of one resource; at once, where the tree need not be asked for its quota. */
function describer(
  context: ServerContext,
  options: PropertyStreamOptions,
): (described: Described) => string | Promise<string> {
  const { report, principalHref } = options;
  const { tree, access } = context;
  const nowMs = context.now();
  const respond = (described: Described, quota: Quota | undefined): string => {
    const { path, name, resource, activeLocks } = described;
    const may = (action: Action): boolean => access.may(options.principal, action, path);
    const subject = { name, resource, activeLocks, quota, principalHref, may, nowMs };
    return propertyResponse(described.href, report.propstats(subject, described.deadProperties));
  };
  // "Support for this property is REQUIRED on collections, and OPTIONAL on other resources" (RFC 4331 §3).
  return (described) =>
    report.needsQuota && tree.quota !== undefined && described.resource.kind === "collection"
      ? respondWithQuota(tree, described, respond)
      : respond(described, undefined);
}

async function respondWithQuota(
  tree: Tree,
  described: Described,
  respond: (described: Described, quota: Quota | undefined) => string,
): Promise<string> {
  return respond(described, await tree.quota?.(described.path));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
