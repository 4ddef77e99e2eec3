/** Longest subject, in characters. */
const LONGEST = 500;

/** A header's text: control characters could begin another header. */
export const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .slice(0, LONGEST)
    .toWellFormed();
