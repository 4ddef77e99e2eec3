/** Whether an id is one of those wanted, in which `*` stands for any characters, also for none; any id, and also none, when nothing is wanted. */
export const isAmong = (wanted: readonly string[] | undefined, id: string | undefined): boolean =>
  wanted === undefined ||
  (id !== undefined && wanted.some((one) => (one.includes("*") ? isLike(one, id) : one === id)));

/** Each part between the stars is looked for where the one before it ends: never back. */
const isLike = (pattern: string, id: string): boolean => {
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
