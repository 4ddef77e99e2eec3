/** Longer clusters, such as a letter with a hundred accents, are cut within. */
const MAX_CLUSTER_UNITS = 64;

let segmenter: Intl.Segmenter | undefined;

/**
 * Cuts a text for people so that no character is broken: between grapheme clusters, such as an emoji with its joiners
 * or a letter with its accents.
 *
 * @param maxUnits maximum length of what is kept, in UTF-16 units
 * @param ending appended when something was cut; not counted
 * @example
 * truncateText("Hello 👩‍💻", 8, "…"); // "Hello …"
 */
export const truncateText = (text: string, maxUnits: number, ending = ""): string => {
  if (text.length <= maxUnits) return text;
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const start = segmenter.segment(text.slice(0, maxUnits + MAX_CLUSTER_UNITS)).containing(maxUnits)?.index ?? maxUnits;
  const kept = start >= maxUnits - MAX_CLUSTER_UNITS ? text.slice(0, start) : withoutHalf(text.slice(0, maxUnits));
  return `${kept}${ending}`;
};

/** Removes the first half of a surrogate pair at the end. */
const withoutHalf = (text: string): string => text.replace(/[\ud800-\udbff]$/, "");
