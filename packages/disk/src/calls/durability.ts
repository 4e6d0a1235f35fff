/**
 * What survives a loss of power. The end of the process never undoes what was answered, whatever this says.
 *
 * - `full`: no success is answered before its effect would survive.
 * - `content`: the content of documents is synced before their name, names within a second and before any record that
 *   tells of them: what is at a name afterwards is the old resource or the new one, whole.
 * - `none`: as the operating system likes.
 */
export type Durability = "full" | "content" | "none";
