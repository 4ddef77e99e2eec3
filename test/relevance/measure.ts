import type { SearchEngine, SearchedIndex } from "../../core/ports/search-engine.ts";
import { parseSearch } from "../../core/search/request.ts";
import { FEW_HITS } from "../../core/search/search-records.ts";
import { readSearchSettings } from "../../core/search/search-settings.ts";
import { parseWordsSearch } from "../../core/search/words-search.ts";
import type { JsonObject } from "../../lib/json.ts";
import { type DataSet, loadCountries, loadDictionary, loadPackages } from "./data-sets.ts";
import { COUNTRY_SEARCHES, DICTIONARY_SEARCHES, PACKAGE_SEARCHES, type RelevanceCase } from "./searches.ts";

/** A data set, its searches, and how expectations name its records. */
export interface RelevanceSet {
  readonly name: string;
  readonly load: () => DataSet;
  readonly searches: readonly RelevanceCase[];
  readonly namesOf: (id: string, record: JsonObject) => readonly string[];
}

export const RELEVANCE_SETS: readonly RelevanceSet[] = [
  { name: "countries", load: loadCountries, searches: COUNTRY_SEARCHES, namesOf: (id) => [id] },
  {
    name: "packages",
    load: loadPackages,
    searches: PACKAGE_SEARCHES,
    namesOf: (_, { name }) => [String(name)],
  },
  {
    name: "dictionary",
    load: loadDictionary,
    searches: DICTIONARY_SEARCHES,
    namesOf: (_, { words }) => (words as string[]).map((word) => word.toLowerCase()),
  },
];

/** How a search was answered. */
export interface RelevanceResult {
  readonly q: string;
  /** Ids of the first five hits. */
  readonly hits: readonly string[];
  /** What is wrong; `undefined` if the expectation is met. */
  readonly miss: string | undefined;
}

/** Runs the searches of a data set on a filled index, as GET …/search does. */
export const measureRelevance = async (
  engine: SearchEngine,
  index: SearchedIndex,
  { searches, namesOf }: RelevanceSet,
  { index: settings, records }: DataSet,
): Promise<readonly RelevanceResult[]> => {
  const results: RelevanceResult[] = [];
  for (const { q, first, within = [] } of searches) {
    const request = parseWordsSearch(new URLSearchParams({ q, limit: "5" }), readSearchSettings({ index: settings }));
    let answer = await engine.search([index], request);
    for (const query of request.relaxed) {
      if (answer.total >= FEW_HITS) break;
      answer = await engine.search([index], { ...parseSearch({}), ...request, query });
    }
    const hits = answer.hits.map(({ id }) => id);
    const names = hits.map((id) => namesOf(id, records[id] ?? {}));
    const isFirst = [first].flat().some((name) => names[0]?.includes(name) === true);
    const missing = within.filter((name) => !names.some((all) => all.includes(name)));
    const miss = !isFirst
      ? `${names[0]?.[0] ?? "nothing"} is first, not ${[first].flat().join(" or ")}`
      : missing.length > 0
        ? `${missing.join(", ")} is not within the first five`
        : undefined;
    results.push({ q, hits, miss });
  }
  return results;
};
