/** What tells that clients may rely on all this; a field of every response to a selected request, and to OPTIONS. */
export const announcement: readonly [name: string, value: string] = ["Operations", "1"];
