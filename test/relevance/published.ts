import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RelevanceResult, RelevanceSet } from "./measure.ts";

/** The share of searches that must be answered as a person expects. */
export const MIN_SHARE = 0.95;

const PAGE = join(import.meta.dirname, "../../docs/contributing/relevance.md");

/** What the page shows for an answer. */
export const toCell = ({ miss }: RelevanceResult): string => (miss === undefined ? "yes" : miss);

export const missesOf = ({ name }: RelevanceSet, results: readonly RelevanceResult[]): string[] =>
  results.flatMap(({ q, miss }) => (miss === undefined ? [] : [`${name}: ${q}: ${miss}`]));

/** The published results of an engine, by data set and search. */
export const publishedCells = (engine: "embedded" | "OpenSearch"): ReadonlyMap<string, string> => {
  const cells = new Map<string, string>();
  let set = "";
  for (const line of readFileSync(PAGE, "utf8").split("\n")) {
    set = /^## (\w+)$/.exec(line)?.[1]?.toLowerCase() ?? set;
    const [, q, , embedded = "", openSearch = ""] = line.split("|").map((cell) => cell.trim());
    if (q?.startsWith("`")) cells.set(`${set}: ${q.slice(1, -1)}`, engine === "embedded" ? embedded : openSearch);
  }
  return cells;
};
