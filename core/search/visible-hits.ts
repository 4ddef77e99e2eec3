import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../../lib/json.ts";
import { splitIntoBatches } from "../../lib/util/split-into-batches.ts";
import { type ReadAsUser, readUnlessRefused } from "../objects/read-as-user.ts";
import type { SearchEngine, SearchHit } from "../ports/search-engine.ts";
import { type ListRef, objectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";
import type { Clause } from "./clause.ts";
import type { SearchRequest } from "./request.ts";
import { sanitizeText } from "./values.ts";

/** Hits that are read from the engine at a time. Each may have 400 KB, and an engine may refuse more than 32 MB. */
const HITS_PER_READ = 50;
/** Maximum number of hits that a search looks through for those that the user sees. */
const MAX_HITS_READ = 2000;
/** Records that are read from the store at a time. */
const RECORDS_PER_READ = { maxItems: 25, maxBytes: Number.POSITIVE_INFINITY };

export interface VisibleHits {
  readonly hits: readonly SearchHit[];
  readonly total: number;
  readonly max_score: number | null;
  /** `gte` if there are more matches, of which it is not known whether the user sees them. */
  readonly totalRelation: "eq" | "gte";
}

export interface VisibleSearch {
  readonly engine: SearchEngine;
  readonly session: Session;
  readonly list: ListRef;
  readonly read: ReadAsUser;
  /** What the records of the matches are spent from. */
  readonly budget: ReadBudget;
}

/**
 * Searches for what a user sees. The read hooks get the stored records, since an index may lack the fields by which
 * they decide. Looks through the matches until the page is full or the budget is spent.
 * @throws Failure REQUEST_TOO_LARGE when earlier requests of a batch have spent the budget
 */
export const searchVisible = async (
  { engine, session, list, read, budget }: VisibleSearch,
  index: string,
  request: SearchRequest,
): Promise<VisibleHits> => {
  budget.requireRest();
  const { from, size } = request;
  const paths = usedPaths(request);
  const page: SearchHit[] = [];
  const scores: number[] = [];
  let total = 0;
  let isComplete = false;
  for (let start = 0; start < MAX_HITS_READ && !isComplete; start += HITS_PER_READ) {
    const { hits } = await engine.search(index, { ...request, from: start, size: HITS_PER_READ });
    for (const part of splitIntoBatches(hits, () => 0, RECORDS_PER_READ)) {
      const records = await session.readOnce(part.map(({ id }) => objectRef(list, id)));
      budget.spend(records.bytes);
      const stored = new Map(records.objects.map(([{ id }, record]) => [id, parseData(record)]));
      for (const hit of part) {
        const record = stored.get(hit.id);
        const seen = record && (await readHit(hit, record, read, paths));
        if (seen === undefined) continue;
        // Only the page is kept: 2,000 hits can have 800 MB.
        if (total >= from && page.length < size) page.push(seen);
        if (seen.score !== null) scores.push(seen.score);
        total++;
      }
    }
    isComplete = hits.length < HITS_PER_READ;
    if (total >= from + size || budget.isSpent) break;
  }
  return {
    hits: page,
    total,
    max_score: scores.length === 0 ? null : Math.max(...scores),
    totalRelation: isComplete ? "eq" : "gte",
  };
};

/**
 * Returns a hit as the user sees it; `undefined` if a hook refuses the record, or if the hook changes the record and the
 * search depends on more than the unchanged fields. Such a hit would reveal values that the user does not see.
 * @param paths those that the search depends on; `undefined` for all fields
 */
const readHit = async (
  hit: SearchHit,
  record: JsonObject,
  read: ReadAsUser,
  paths: readonly string[] | undefined,
): Promise<SearchHit | undefined> => {
  const { source } = hit;
  // Fields that only the document has come last.
  const merged = { ...record, ...source, ...record };
  const entry = await readUnlessRefused(read, hit.id, { json: JSON.stringify(merged), last_modified: 0 });
  if (entry === undefined) return undefined;
  const visible = parseData(entry);
  const isOutdated = source.last_modified !== undefined && source.last_modified !== record.last_modified;
  if (!isOutdated && isDeepStrictEqual(visible, merged)) return hit;

  const isUnchanged = (key: string) =>
    [source, record, visible].every((one) => Object.hasOwn(one, key)) &&
    isDeepStrictEqual(source[key], record[key]) &&
    isDeepStrictEqual(visible[key], record[key]);
  const unchanged = Object.keys(visible).filter(isUnchanged).map(sanitizeText);
  if (!paths?.every((path) => unchanged.some((key) => path === key || path.startsWith(`${key}.`)))) return undefined;
  // A field that only the document has may contain what the hook hides in others.
  const isVisible = (key: string) =>
    Object.hasOwn(record, key)
      ? Object.hasOwn(source, key)
      : !(Object.hasOwn(source, key) && isDeepStrictEqual(source[key], visible[key]));
  return { ...hit, source: Object.fromEntries(Object.entries(visible).filter(([key]) => isVisible(key))) };
};

/** The paths of all fields that decide which records match, and in which order; `undefined` for all fields. */
const usedPaths = ({ query, sort }: SearchRequest): readonly string[] | undefined => {
  const paths = [...clausePaths(query), ...sort.flatMap((key) => (key.by === "values" ? key.paths : []))];
  return paths.includes(null) ? undefined : paths.filter((path) => path !== null);
};

const clausePaths = (clause: Clause): readonly (string | null)[] => {
  switch (clause.is) {
    case "all":
    case "none":
    case "ids":
      return [];
    case "best":
      return clause.of.flatMap(clausePaths);
    case "bool": {
      const { must, should, filter, mustNot } = clause;
      return [...must, ...should, ...filter, ...mustNot].flatMap(clausePaths);
    }
    default:
      return [clause.path];
  }
};
