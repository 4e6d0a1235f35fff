/** The body of a PROPFIND's 207, made while it is sent (RFC 4918 §9.1). */
import { type DeadProperty, encodeName, type Href, memberPath, type ResourcePath } from "@meanwhile/dav";
import {
  escapeText,
  multistatusEnd,
  multistatusStart,
  statusResponse,
  writtenResponse,
} from "@meanwhile/dav/xml";
import type { Action } from "../access.ts";
import type { ServerContext } from "../context.ts";
import { type OpenLevel, openLevel } from "../listing/member-walk.ts";
import type { ShownMembers } from "../listing/shown-members.ts";
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
  /** Which members are in the answer. */
  readonly shown: ShownMembers;
  readonly principal: string | undefined;
  readonly principalHref: string | undefined;
  readonly closed: AbortSignal;
  /** Told of each member, and of each collection below the root, that could not be read: its error stands in the 207, and is for the log. */
  failed(error: TreeError): void;
}

/** How much text is gathered before it is handed on, in characters. */
export const chunkLength: number = 64 * 1024;

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
  const { root, deep, locks, shown, closed } = options;
  const now = context.now;
  const describe = describer(context, options);
  const walk = { properties: options.report.needsDeadProperties, signal: closed };
  const levels: Level[] = [];
  let text = multistatusStart;
  let handedOnMs = now();

  function push(members: OpenLevel, href: Href, inherited: ActiveLocks): void {
    levels.push({ members, href, escapedHref: escapeText(href), isShown: shown(members.path), inherited });
  }

  // The collection's own response waits until its members are known to be readable: "a particular DAV:href MUST NOT
  // appear more than once as the child of a DAV:response XML element under a DAV:multistatus" (§14.24).
  async function enter(
    path: ResourcePath,
    href: Href,
    inherited: ActiveLocks,
  ): Promise<"entered" | "gone" | number> {
    try {
      push(await openLevel(context.tree, path, walk), href, inherited);
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
    if (options.members) push(options.members, root.href, locks.inherited);
    if (options.withRoot) {
      const deadProperties = walk.properties ? await context.tree.properties(root.path) : [];
      const href = escapeText(root.href);
      text += await describe({ ...root, within: undefined, href, deadProperties, activeLocks: locks.ofRoot });
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
      const { name, resource } = member;
      if (!level.isShown(name)) continue;
      const within = level.members.path;
      const collection = kindOf(member) === "collection";
      // Such a name needs no escaping.
      const segment = collection ? `${encodeName(name)}/` : encodeName(name);
      const { own, passedOn } = locks.anyBelow
        ? locks.below(memberPath(within, name), collection, level.inherited)
        : { own: level.inherited, passedOn: level.inherited };
      if (resource === undefined) {
        text += statusResponse(level.href + segment, statusOf(member.error));
        continue;
      }
      if (collection && deep) {
        const entered = await enter(memberPath(within, name), level.href + segment, passedOn);
        if (entered === "gone") continue;
        if (entered !== "entered") {
          text += statusResponse(level.href + segment, entered);
          continue;
        }
      }
      const { properties: deadProperties } = member;
      const href = level.escapedHref + segment;
      const described = describe({ within, name, href, resource, deadProperties, activeLocks: own });
      text +=
        typeof described === "string"
          ? described
          : await described.catch((error) => failed(level.href + segment, error));
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
  readonly escapedHref: string;
  readonly isShown: (name: string) => boolean;
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
  /** The collection that it is a member of; undefined for the root of the answer. */
  readonly within: ResourcePath | undefined;
  readonly name: string;
  /** Escaped. */
  readonly href: string;
  readonly resource: Resource;
  readonly deadProperties: readonly DeadProperty[];
  readonly activeLocks: ActiveLocks;
}

/** Makes the `DAV:response` of one resource; at once, where the tree need not be asked for its quota. */
function describer(
  context: ServerContext,
  options: PropertyStreamOptions,
): (described: Described) => string | Promise<string> {
  const { report, principal, principalHref, root } = options;
  const { tree, access } = context;
  const nowMs = context.now();
  const pathOf = ({ within, name }: Described): ResourcePath =>
    within === undefined ? root.path : memberPath(within, name);
  const respond = (described: Described, quota: Quota | undefined): string => {
    const { name, resource, activeLocks } = described;
    const may = (action: Action): boolean => access.may(principal, action, pathOf(described));
    const subject = { name, resource, activeLocks, quota, principalHref, may, nowMs };
    return writtenResponse(described.href, report.propstats(subject, described.deadProperties));
  };
  // "Support for this property is REQUIRED on collections, and OPTIONAL on other resources" (RFC 4331 §3).
  return (described) =>
    report.needsQuota && tree.quota !== undefined && described.resource.kind === "collection"
      ? respondWithQuota(tree, pathOf(described), (quota) => respond(described, quota))
      : respond(described, undefined);
}

async function respondWithQuota(
  tree: Tree,
  path: ResourcePath,
  respond: (quota: Quota | undefined) => string,
): Promise<string> {
  return respond(await tree.quota?.(path));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
