/** A URL for people: decoded, and without the origin where that is the page's own. */
export function shownUrl(url: string, page: string): string {
  try {
    const { origin, pathname, search } = new URL(url);
    const path = decodeURI(pathname) + search;
    return origin === new URL(page).origin ? path : origin + path;
  } catch {
    // It is no URL, or not UTF-8.
    return url;
  }
}

/** The same in the scripts of pages, without the characters that `htmlText` replaces, too. */
export const shownUrlScript: string = String.raw`const plain = (text) => text.replace(/[\0-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069]/g, "\uFFFD");
  const shownUrl = (url) => {
    try {
      const { origin, pathname, search } = new URL(url);
      const path = plain(decodeURI(pathname) + search);
      return origin === location.origin ? path : origin + path;
    } catch {
      return url;
    }
  };`;
