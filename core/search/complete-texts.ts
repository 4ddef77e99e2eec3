import { splitIntoWords } from "./analysis/words.ts";
import { boolClause, type Clause } from "./clause.ts";
import { extractFields } from "./fields.ts";
import { parseSearch, type SearchRequest } from "./request.ts";
import type { CompletionSuggester, Suggester } from "./suggest.ts";
import { normalizeText } from "./values.ts";
import type { ShownHit } from "./visible-hits.ts";

/** A text that begins with what was typed, and the hit that has it. */
export interface Completion {
  readonly text: string;
  readonly hit: ShownHit;
}

/** Hits that are looked through for each suggestion: words may also be within a text. */
const HITS_PER_COMPLETION = 4;
const MAX_HITS = 100;
const AT_START_SCORE = 10;

/**
 * Finds the texts that `completion` suggesters suggest, by their names.
 * @param search returns the hits that the user may see
 */
export const completeTexts = async (
  suggesters: readonly Suggester[],
  search: (request: SearchRequest) => Promise<readonly ShownHit[]>,
): Promise<ReadonlyMap<string, readonly Completion[]>> => {
  const found = new Map<string, readonly Completion[]>();
  for (const suggester of suggesters) {
    if (suggester.is !== "completion") continue;
    const request = toCompletionSearch(parseSearch({}), suggester);
    if (request !== undefined) found.set(suggester.name, listCompletions(await search(request), suggester));
  }
  return found;
};

/** The search for records whose texts have what was typed; `undefined` if that has no words. */
const toCompletionSearch = (
  everything: SearchRequest,
  { path, prefix, size, edits }: CompletionSuggester,
): SearchRequest | undefined => {
  const words = splitIntoWords(prefix);
  const [word = ""] = words;
  if (words.length === 0) return undefined;
  const exact: Clause =
    words.length === 1
      ? { is: "word", path, match: { how: "prefix", word }, scored: false }
      : { is: "phrase", path, words, slop: 0, lastIsPrefix: true };
  const similar: readonly Clause[] =
    edits === 0
      ? []
      : words.map((one) => ({
          is: "word",
          path,
          match: { how: "fuzzy", word: one, edits, prefixLength: 1 },
          scored: false,
        }));
  const atStart: Clause = {
    is: "constant",
    query: { is: "values", path, match: { how: "prefix", text: normalizeText(prefix), ignoreCase: true } },
    score: AT_START_SCORE,
  };
  return {
    ...everything,
    query: boolClause({
      must: [similar.length === 0 ? exact : boolClause({ should: [exact, ...similar], minimumShouldMatch: 1 })],
      should: [atStart],
    }),
    from: 0,
    size: Math.min(MAX_HITS, size * HITS_PER_COMPLETION),
    sort: [
      { by: "score", order: "desc" },
      { by: "values", paths: [path], order: "asc", mode: "min", missing: "last" },
    ],
  };
};

/** The texts of hits that begin with what was typed, in the order of the hits. */
const listCompletions = (
  hits: readonly ShownHit[],
  { path, prefix, size, edits, skipDuplicates }: CompletionSuggester,
): readonly Completion[] => {
  const words = splitIntoWords(prefix);
  const seen = new Set<string>();
  const found: Completion[] = [];
  for (const hit of hits) {
    const texts = extractFields(hit.document).fields.find((field) => field.path === path)?.texts ?? [];
    for (const text of texts) {
      if (edits === 0 && !beginsWith(splitIntoWords(text), words)) continue;
      if (skipDuplicates && seen.has(text)) continue;
      seen.add(text);
      found.push({ text, hit });
      if (found.length === size) return found;
    }
  }
  return found;
};

const beginsWith = (text: readonly string[], typed: readonly string[]): boolean =>
  typed.every((word, index) =>
    index === typed.length - 1 ? (text[index]?.startsWith(word) ?? false) : text[index] === word,
  );
