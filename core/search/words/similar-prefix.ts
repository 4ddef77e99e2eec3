// cspell:ignore typsc ypsc psc pysc
import { escapePattern } from "../pattern-source.ts";

/**
 * The pattern of words that begin with a text with one typing error after its first letter: a letter that is missing,
 * added, wrong, or has changed places with the next.
 * @example
 * similarPrefixSource("typsc"); // "t(ypsc|.psc|.ypsc|psc|pysc|…).*", which matches "typescript"
 */
export const similarPrefixSource = (text: string): string => {
  const [first = "", ...rest] = Array.from(text);
  const show = (letters: readonly string[]) => escapePattern(letters.join(""));
  const ways = rest.flatMap((letter, index) => {
    const [before, after] = [show(rest.slice(0, index)), rest.slice(index + 1)];
    const [next, ...others] = after;
    return [
      `${before}.${show(after)}`,
      `${before}.${show([letter, ...after])}`,
      before + show(after),
      ...(next === undefined ? [] : [before + show([next, letter, ...others])]),
    ];
  });
  return `${escapePattern(first)}(${[...new Set(ways)].join("|")}).*`;
};
