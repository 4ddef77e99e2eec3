import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { matchesAny } from "../../lib/util/matches-any.ts";
import type { SearchEngine } from "../ports/search-engine.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import type { Aggregation } from "./aggregation.ts";
import { fieldPaths } from "./fields.ts";
import { typeOfTarget } from "./find-targets.ts";
import type { SearchRequest } from "./request.ts";
import type { SearchContext, SearchTarget } from "./search-target.ts";
import { searchTargets } from "./search-targets.ts";
import type { FieldType } from "./settings-schema.ts";

/** Maximum number of fields of one type whose values are counted. */
const MAX_COUNTED_FIELDS = 32;
const DEFAULT_OPTIONS = 50;

export interface FacetQuery {
  readonly targets: readonly SearchTarget[];
  readonly budget: ReadBudget;
  /** A request that matches everything. */
  readonly everything: SearchRequest;
  /** Whether to list the fields; otherwise only the number of documents. */
  readonly includeFields: boolean;
  /** Whether to leave out the values of the fields. */
  readonly excludeOptions: boolean;
  /** Maximum number of values of a field. */
  readonly limitTerms: number | undefined;
}

/**
 * Lists the fields by which documents can be searched, for each type, with the values of those that have few. Only what the
 * user may read counts. Fields are those that collections declare by their metadata.
 */
export const listFacets = async (
  context: Pick<SearchContext, "types">,
  engine: SearchEngine,
  session: Session,
  query: FacetQuery,
): Promise<JsonObject> => {
  const byType = Map.groupBy(query.targets, (target) => typeOfTarget(context, target));
  const facets: [string, Json][] = [];
  for (const [type, targets] of byType)
    facets.push([type, await listTypeFacets(engine, session, { ...query, targets })]);
  return Object.fromEntries(facets);
};

const listTypeFacets = async (
  engine: SearchEngine,
  session: Session,
  { targets, budget, everything, includeFields, excludeOptions, limitTerms = DEFAULT_OPTIONS }: FacetQuery,
): Promise<JsonObject> => {
  const fields = new Map<string, FieldType>(
    targets.flatMap((target) => Object.entries(target.settings.fields).filter(([path]) => isFacet(path, target))),
  );
  for (const target of targets)
    for (const path of target.settings.facets ?? [])
      if (!fields.has(path) && isFacet(path, target)) fields.set(path, "keyword");
  const nested = [...new Set(targets.flatMap(({ settings }) => settings.nested))];
  const counted =
    // Counts would reveal what a plugin hides.
    !includeFields || excludeOptions || targets.some(({ read }) => read !== undefined)
      ? []
      : [...fields.keys()].filter((path) => isCounted(path, fields, targets)).slice(0, MAX_COUNTED_FIELDS);
  const aggregations = counted.map((path) => countValues(path, nestedAbove(path, nested), limitTerms));
  const request = { ...everything, from: 0, size: 0, countTotal: true, aggregations };
  const outcome = await searchTargets(engine, session, { targets, request, budget });
  return {
    doc_count: outcome.total,
    ...(includeFields && {
      facets: Array.from(fields, ([path, type]) => {
        const options = counted.includes(path) ? readOptions(outcome.aggregations[path]) : undefined;
        const isNested = nestedAbove(path, nested) !== undefined;
        const link = findLink(path, targets);
        return {
          name: path,
          type,
          ...(isNested && { nested: true }),
          ...(link !== undefined && { resource_type: link }),
          ...(targets.some(({ type: view }) => view?.type.parent?.field === path) && { parent: true }),
          ...(options && { options }),
        };
      }),
    }),
  };
};

/** The type of the objects whose ids a field has, if a type says so. */
const findLink = (path: string, targets: readonly SearchTarget[]): string | undefined => {
  const found = targets.find(({ type: view }) => view !== undefined && Object.hasOwn(view.type.links, path));
  return found?.type?.type.links[path];
};

/** Whether the type of a target makes a field a facet, for this user. */
const isFacet = (path: string, { type: view }: SearchTarget): boolean => {
  if (view === undefined) return true;
  const { facets, adminOnlyFields } = view.type;
  if (matchesAny(facets.exclude, path)) return false;
  return view.isAdministrator || !matchesAny([...facets.adminOnly, ...adminOnlyFields], path);
};

/** The fields that settings name, otherwise those whose values are whole. */
const isCounted = (path: string, fields: ReadonlyMap<string, FieldType>, targets: readonly SearchTarget[]): boolean => {
  const named = targets.flatMap(({ settings }) => settings.facets ?? []);
  return named.includes(path) || (named.length === 0 && ["keyword", "boolean"].includes(fields.get(path) ?? ""));
};

const nestedAbove = (path: string, nested: readonly string[]): string | undefined =>
  nested.find((parent) => path.startsWith(`${parent}.`));

const countValues = (path: string, nestedPath: string | undefined, size: number): Aggregation => {
  const terms: Aggregation = {
    name: path,
    of: {
      is: "terms",
      paths: fieldPaths(path),
      size,
      order: [
        { by: "count", order: "desc" },
        { by: "key", order: "asc" },
      ],
      include: undefined,
      exclude: undefined,
      missing: undefined,
      minDocCount: 1,
    },
    aggs: [],
  };
  return nestedPath === undefined
    ? terms
    : { name: path, of: { is: "nested", path: nestedPath }, aggs: [{ ...terms, name: "values" }] };
};

const readOptions = (result: JsonObject | undefined): Json => {
  const inner = isObject(result?.values) ? result.values : result;
  const buckets = inner?.buckets;
  if (!Array.isArray(buckets)) return [];
  return buckets.flatMap((bucket) =>
    isObject(bucket) ? [{ key: bucket.key_as_string ?? bucket.key ?? null, doc_count: bucket.doc_count ?? 0 }] : [],
  );
};
