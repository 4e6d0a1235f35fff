/** Gives the keys to the list of members, once it is drawn. */
export function focusList(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(".list")?.focus({ preventScroll: true }));
}
