/**
 * Whether a text is like a pattern, whatever their case: `*` stands for any characters, also for none; a pattern without one may stand
 * anywhere in the text. Each part is looked for once, from where the one before it ended: no pattern makes it go back.
 */
export const like = (pattern: string): ((text: string) => boolean) => {
  const [first = "", ...others] = fold(pattern.includes("*") ? pattern : `*${pattern}*`).split("*");
  const last = others.pop() ?? "";
  return (text) => {
    const folded = fold(text);
    const end = folded.length - last.length;
    if (end < first.length || !folded.startsWith(first) || !folded.endsWith(last)) return false;
    let at = first.length;
    for (const part of others) {
      const found = folded.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
};

/** A text without its case, character by character: those around it (a Greek word's end) and how many it would become (`ß`) don't count. */
const fold = (text: string): string => text.replace(/[A-Z]+|[^\0-\x7f]/gu, (part) => (part < "\x80" ? part.toLowerCase() : foldCharacter(part)));

const foldCharacter = (character: string): string => {
  const lower = single(character.toUpperCase(), character).toLowerCase();
  return single(lower, character);
};

const single = (text: string, otherwise: string): string => ([...text].length === 1 ? text : otherwise);
