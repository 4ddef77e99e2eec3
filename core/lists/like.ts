/**
 * Creates a case-insensitive matcher for a pattern: `*` matches any number of characters, and a pattern without `*`
 * matches anywhere in a text. Takes time linear in the lengths of text and pattern.
 */
export const createLikeMatcher = (pattern: string): ((text: string) => boolean) => {
  const [first = "", ...others] = foldCase(pattern.includes("*") ? pattern : `*${pattern}*`).split("*");
  const last = others.pop() ?? "";
  const finders = others.map(createFinder);
  return (text) => {
    const folded = foldCase(text);
    const end = folded.length - last.length;
    if (end < first.length || !folded.startsWith(first) || !folded.endsWith(last)) return false;
    let position: number | undefined = first.length;
    for (const find of finders) {
      position = find(folded, position, end);
      if (position === undefined) return false;
    }
    return true;
  };
};

/** Creates a function that returns the end of a part's first occurrence in a range of a text (Knuth-Morris-Pratt). */
const createFinder = (part: string): ((text: string, from: number, to: number) => number | undefined) => {
  /** By the number of matched characters, less one: how many characters still match after a mismatch. */
  const fallbacks: number[] = [];
  const advance = (matched: number, unit: number): number => {
    let length = matched;
    while (length > 0 && unit !== part.charCodeAt(length)) length = fallbacks[length - 1] as number;
    return unit === part.charCodeAt(length) ? length + 1 : 0;
  };
  for (let index = 0; index < part.length; index++)
    fallbacks.push(index === 0 ? 0 : advance(fallbacks[index - 1] as number, part.charCodeAt(index)));
  return (text, from, to) => {
    let matched = 0;
    for (let index = from; matched < part.length; index++) {
      if (index === to) return undefined;
      matched = advance(matched, text.charCodeAt(index));
      if (matched === part.length) return index + 1;
    }
    return from;
  };
};

/** Folds case per character, without regard to context (final sigma), and keeps the length (`ß` stays). */
const foldCase = (text: string): string =>
  text.replace(/[A-Z]+|[^\0-\x7f]/gu, (part) => (part < "\x80" ? part.toLowerCase() : foldCharacter(part)));

const foldCharacter = (character: string): string => {
  const lower = singleOr(character.toUpperCase(), character).toLowerCase();
  return singleOr(lower, character);
};

const singleOr = (text: string, fallback: string): string => ([...text].length === 1 ? text : fallback);
