// cspell:ignore promis
import { stemmer as da } from "@orama/stemmers/danish";
import { stemmer as nl } from "@orama/stemmers/dutch";
import { stemmer as en } from "@orama/stemmers/english";
import { stemmer as fi } from "@orama/stemmers/finnish";
import { stemmer as fr } from "@orama/stemmers/french";
import { stemmer as de } from "@orama/stemmers/german";
import { stemmer as hu } from "@orama/stemmers/hungarian";
import { stemmer as it } from "@orama/stemmers/italian";
import { stemmer as no } from "@orama/stemmers/norwegian";
import { stemmer as pt } from "@orama/stemmers/portuguese";
import { stemmer as ro } from "@orama/stemmers/romanian";
import { stemmer as ru } from "@orama/stemmers/russian";
import { stemmer as es } from "@orama/stemmers/spanish";
import { stemmer as sv } from "@orama/stemmers/swedish";
import { stemmer as tr } from "@orama/stemmers/turkish";

/** By the codes of `LANGUAGES`. All of them together load in 10 ms. */
const STEMMERS: ReadonlyMap<string, (word: string) => string> = new Map(
  Object.entries({ da, de, en, es, fi, fr, hu, it, nl, no, pt, ro, ru, sv, tr }),
);

/** Longer words are names or codes. */
const MAX_STEMMED_UNITS = 64;

/**
 * The stem of a folded word, by Porter's and Snowball's algorithms: words with one stem are forms of each other.
 * Words of unknown languages, and those with digits or other signs, are stems of themselves.
 * @param language ISO 639-1 code, see `LANGUAGES`
 * @example
 * stemWord("promises", "en"); // "promis", as for "promise"
 */
export const stemWord = (word: string, language: string): string => {
  const stem = STEMMERS.get(language);
  if (stem === undefined || word.length > MAX_STEMMED_UNITS || !/^[\p{L}\p{M}]+$/u.test(word)) return word;
  return stem(word) || word;
};
