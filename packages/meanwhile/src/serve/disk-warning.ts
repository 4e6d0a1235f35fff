import type { DiskEvent } from "@meanwhile/disk";

/** What the log says of a disk's event. */
export function diskWarning(event: DiskEvent): string {
  switch (event.kind) {
    case "left-behind":
      return `hidden files of earlier work are left in ${JSON.stringify(event.collection)}`;
    case "unsyncable":
      return `folders cannot be synced here (${event.reason}): a loss of power may undo new names, whatever --durability says`;
    case "not-synced":
      return `new names could not be synced to the disk (${event.reason}): a loss of power may undo them`;
  }
}
