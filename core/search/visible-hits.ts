import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../../lib/json.ts";
import { type ReadAsUser, readUnlessRefused } from "../objects/read-as-user.ts";
import type { SearchEngine, SearchHit } from "../ports/search-engine.ts";
import { parseData } from "../store/view.ts";
import { type Clause, innerClauses } from "./clause.ts";
import { type DocumentReading, type HitDocument, readDocuments } from "./hit-documents.ts";
import type { SearchRequest } from "./request.ts";
import { sanitizeText } from "./values.ts";

/** Hits that are read from the engine at a time. */
const HITS_PER_READ = 50;
/** Maximum number of hits that a search looks through for those that the user sees. */
const MAX_HITS_READ = 2000;

export interface ShownHit extends SearchHit, HitDocument {}

export interface VisibleHits {
  readonly hits: readonly ShownHit[];
  readonly total: number;
  readonly maxScore: number | null;
  /** `gte` if there are more matches, of which it is not known whether the user sees them. */
  readonly totalRelation: "eq" | "gte";
  readonly reflects: readonly number[];
  /** Whether some documents were made by former settings of a collection. */
  readonly isOutdated?: boolean | undefined;
}

/**
 * Searches for what a user sees where plugins hide data. The read hooks get the stored records, since an index may lack
 * the fields by which they decide. Looks through the matches until the page is full or the budget is spent.
 * @throws Failure REQUEST_TOO_LARGE when earlier requests of a batch have spent the budget
 */
export const searchVisible = async (
  engine: SearchEngine,
  { session, targets, budget }: Omit<DocumentReading, "reflects">,
  request: SearchRequest,
): Promise<VisibleHits> => {
  budget.requireRest();
  const { from, size } = request;
  const indexes = targets.map(({ index }) => index);
  const paths = usedPaths(request);
  const page: ShownHit[] = [];
  const scores: number[] = [];
  let total = 0;
  let isComplete = false;
  let isOutdated = false;
  let reflects: readonly number[] = indexes.map(({ timestamp }) => timestamp);
  for (let start = 0; start < MAX_HITS_READ && !isComplete; start += HITS_PER_READ) {
    const answer = await engine.search(indexes, { ...request, from: start, size: HITS_PER_READ });
    reflects = answer.reflects;
    isOutdated ||= answer.isOutdated === true;
    await readDocuments({ session, targets, budget, reflects }, answer.hits, async (hit, found) => {
      const { read } = found.target;
      const document = read === undefined ? found.document : await readHit(hit.id, found, read, paths);
      if (document === undefined) return;
      // Only the page is kept: 2,000 hits can have 800 MB.
      if (total >= from && page.length < size) page.push({ ...hit, ...found, document });
      if (hit.score !== null) scores.push(hit.score);
      total++;
    });
    isComplete = answer.hits.length < HITS_PER_READ;
    // Without hits, the total is what the search is for.
    if ((size > 0 && total >= from + size) || budget.isSpent) break;
  }
  return {
    hits: page,
    total,
    maxScore: scores.length === 0 ? null : Math.max(...scores),
    totalRelation: isComplete ? "eq" : "gte",
    reflects,
    isOutdated,
  };
};

/**
 * Returns a document as the user sees it; `undefined` if a hook refuses the record, or if the hook changes the record and
 * the search depends on more than the unchanged fields. Such a hit would reveal values that the user does not see.
 * @param paths those that the search depends on; `undefined` for all fields
 */
const readHit = async (
  id: string,
  { record, document }: HitDocument,
  read: ReadAsUser,
  paths: readonly string[] | undefined,
): Promise<JsonObject | undefined> => {
  // Fields that only the document has come last.
  const merged = { ...record, ...document, ...record };
  const entry = await readUnlessRefused(read, id, { json: JSON.stringify(merged), last_modified: 0 });
  if (entry === undefined) return undefined;
  const visible = parseData(entry);
  if (isDeepStrictEqual(visible, merged)) return document;

  const isUnchanged = (key: string) =>
    [document, record, visible].every((one) => Object.hasOwn(one, key)) &&
    isDeepStrictEqual(document[key], record[key]) &&
    isDeepStrictEqual(visible[key], record[key]);
  const unchanged = Object.keys(visible).filter(isUnchanged).map(sanitizeText);
  if (!paths?.every((path) => unchanged.some((key) => path === key || path.startsWith(`${key}.`)))) return undefined;
  // A field that only the document has may contain what the hook hides in others.
  const isVisible = (key: string) =>
    Object.hasOwn(record, key)
      ? Object.hasOwn(document, key)
      : !(Object.hasOwn(document, key) && isDeepStrictEqual(document[key], visible[key]));
  return Object.fromEntries(Object.entries(visible).filter(([key]) => isVisible(key)));
};

/** The paths of all fields that decide which records match, and in which order; `undefined` for all fields. */
const usedPaths = ({ query, postFilter, sort, collapse }: SearchRequest): readonly string[] | undefined => {
  const paths = [
    ...clausePaths(query),
    ...(postFilter === undefined ? [] : clausePaths(postFilter)),
    ...sort.flatMap((key) => (key.by === "values" ? key.paths : [])),
    ...(collapse?.paths ?? []),
  ];
  return paths.includes(null) ? undefined : paths.filter((path) => path !== null);
};

const clausePaths = (clause: Clause): readonly (string | null)[] => [
  ...("path" in clause ? [clause.path] : []),
  ...innerClauses(clause).flatMap(clausePaths),
];
