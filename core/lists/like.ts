/**
 * Whether a text is like a pattern, whatever their case: `*` stands for any characters, also for none; a pattern without one may stand
 * anywhere in the text. Takes time for the text and for the pattern, but not for the one times the other.
 */
export const createLikeMatcher = (pattern: string): ((text: string) => boolean) => {
  const [first = "", ...others] = fold(pattern.includes("*") ? pattern : `*${pattern}*`).split("*");
  const last = others.pop() ?? "";
  const parts = others.map(finder);
  return (text) => {
    const folded = fold(text);
    const end = folded.length - last.length;
    if (end < first.length || !folded.startsWith(first) || !folded.endsWith(last)) return false;
    let at: number | undefined = first.length;
    for (const find of parts) {
      at = find(folded, at, end);
      if (at === undefined) return false;
    }
    return true;
  };
};

/** Finds where a part of a text first ends, between two places of it, and never looks back (Knuth, Morris, Pratt). */
const finder = (part: string): ((text: string, from: number, to: number) => number | undefined) => {
  /** By how many characters of the part fit so far, less one: how many still do if the next one does not. */
  const fallbacks: number[] = [];
  const next = (fitting: number, unit: number): number => {
    let fit = fitting;
    while (fit > 0 && unit !== part.charCodeAt(fit)) fit = fallbacks[fit - 1] as number;
    return unit === part.charCodeAt(fit) ? fit + 1 : 0;
  };
  for (let at = 0; at < part.length; at++)
    fallbacks.push(at === 0 ? 0 : next(fallbacks[at - 1] as number, part.charCodeAt(at)));
  return (text, from, to) => {
    let fit = 0;
    for (let at = from; fit < part.length; at++) {
      if (at === to) return undefined;
      fit = next(fit, text.charCodeAt(at));
      if (fit === part.length) return at + 1;
    }
    return from;
  };
};

/** A text without its case, character by character: those around it (a Greek word's end) and how many it would become (`ß`) don't count. */
const fold = (text: string): string =>
  text.replace(/[A-Z]+|[^\0-\x7f]/gu, (part) => (part < "\x80" ? part.toLowerCase() : foldCharacter(part)));

const foldCharacter = (character: string): string => {
  const lower = single(character.toUpperCase(), character).toLowerCase();
  return single(lower, character);
};

const single = (text: string, otherwise: string): string => ([...text].length === 1 ? text : otherwise);
