/**
 * Returns whether an id matches one of the patterns. `*` matches any number of characters. Without patterns every id
 * matches, including a missing one.
 *
 * @example
 * matchesAny(["blog", "shop-*"], "shop-1"); // true
 */
export const matchesAny = (patterns: readonly string[] | undefined, id: string | undefined): boolean =>
  patterns === undefined ||
  (id !== undefined && patterns.some((one) => (one.includes("*") ? matchesPattern(one, id) : one === id)));

/** Searches each part between stars after the previous one, without backtracking. */
const matchesPattern = (pattern: string, id: string): boolean => {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop() ?? "";
  const end = id.length - last.length;
  if (end < first.length || !id.startsWith(first) || !id.endsWith(last)) return false;
  let at = first.length;
  for (const part of others) {
    const found = id.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
};
