/** Where the page or the worker is that this runs in; undefined where there is none. */
export function pageLocation(): { readonly href: string; readonly origin: string } | undefined {
  return (globalThis as { readonly location?: { readonly href: string; readonly origin: string } }).location;
}
