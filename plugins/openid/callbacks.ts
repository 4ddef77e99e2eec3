const MAX_CALLBACK_CHARS = 1500;

/**
 * Returns the normalized URL that a login ends at, or `undefined` if it is not allowed: each entry is a page, or a folder
 * if it ends with a slash. Tokens are appended to it, so any other page would get them.
 * @param base the URL of the store, for entries that are paths of it
 */
export const findCallback = (allowed: readonly string[], callback: string, base: string): string | undefined => {
  if (callback.length > MAX_CALLBACK_CHARS || !URL.canParse(callback)) return undefined;
  const { href } = new URL(callback);
  const isAllowed = allowed.some((entry) => {
    const { href: prefix } = new URL(entry.startsWith("/") ? `${base}${entry}` : entry);
    return (
      href === prefix || (href.startsWith(prefix) && (prefix.endsWith("/") || /[?#]/.test(href[prefix.length] ?? "")))
    );
  });
  return isAllowed ? href : undefined;
};
