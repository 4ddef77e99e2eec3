/** Returns a noun with its indefinite article: `a bucket`, `an account`. */
export const withArticle = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
