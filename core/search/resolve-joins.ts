import { isObject, type Json } from "../../lib/json.ts";
import { Failure } from "../errors.ts";
import type { UserId } from "../permissions/principals.ts";
import type { SearchEngine } from "../ports/search-engine.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import type { Aggregation } from "./aggregation.ts";
import { anyOf, type Clause, NO_MATCH } from "./clause.ts";
import { fieldPaths } from "./fields.ts";
import { findTargets } from "./find-targets.ts";
import type { PluginType } from "./plugin-type.ts";
import { searchIssue } from "./read-body.ts";
import { parseSearch, type SearchRequest } from "./request.ts";
import type { SearchContext, SearchTarget } from "./search-target.ts";
import { type Join, TypeContext } from "./type-context.ts";
import { encodeValue } from "./values.ts";

/** Maximum number of parents or children that a clause on another type may match. */
const MAX_JOINED = 10_000;

interface JoinSearch {
  readonly engine: SearchEngine;
  /** What is searched. */
  readonly targets: readonly SearchTarget[];
  readonly user: UserId;
  readonly budget: ReadBudget;
  /** Whether an administrator searches without the access rules of types. */
  readonly allProjects: boolean;
}

/**
 * Parses a search whose clauses may be on other types, and searches those first. A user finds in them what the user may
 * read.
 * @throws Failure 400 for an unknown type, for types that are not related, and for too many matches
 */
export const parseWithJoins = async (
  context: SearchContext,
  session: Session,
  search: JoinSearch,
  parse: (types: TypeContext) => SearchRequest,
): Promise<SearchRequest> => {
  const options = {
    searched: search.targets.map(({ type }) => type?.type.settings.fields ?? {}),
    fieldsOf: (type: string) => context.types.find(({ name }) => name === type)?.definition.settings.fields,
  };
  const types = new TypeContext(options);
  const request = parse(types);
  if (types.joins.length === 0) return request;
  const resolved = new Map<string, Clause>();
  for (const join of types.joins) resolved.set(join.path, await resolveJoin(context, session, search, join));
  return parse(new TypeContext({ ...options, resolved }));
};

const resolveJoin = async (
  context: SearchContext,
  session: Session,
  { engine, user, budget, allProjects }: JoinSearch,
  join: Join,
): Promise<Clause> => {
  const { relation, type, path } = join;
  const types = context.types.map(({ definition }) => definition);
  const other = types.find(({ name }) => name === type);
  const typePath = `${path}.${relation === "parent" ? "parent_type" : "type"}`;
  if (other === undefined)
    throw searchIssue(typePath, `must be a type of GET /search/plugins. There is no type '${type.slice(0, 100)}'`);
  const children = types.filter(({ parent }) => parent?.type === type);
  if (relation === "parent" && children.length === 0) throw searchIssue(typePath, "must be a type that is a parent");
  if (relation === "child" && other.parent === undefined) throw searchIssue(typePath, "must be a type with a parent");

  const scope = { bucket: undefined, types: [type], allProjects };
  const targets = await findTargets(context, session, { scope, user, budget });
  if (targets.length === 0) return NO_MATCH;
  requireNothingHidden(targets);
  return relation === "parent"
    ? isChildOf(await findIds(engine, targets, join), children)
    : { is: "ids", ids: await findParentIds(engine, targets, join, other) };
};

/** Totals and buckets would reveal what a plugin's read hook hides. */
const requireNothingHidden = (targets: readonly SearchTarget[]): void => {
  if (targets.some(({ read }) => read !== undefined))
    throw new Failure("FORBIDDEN", {
      message:
        "has_parent and has_child are not available for this type, because a plugin hides data of its records. Remove them.",
    });
};

/** Finds the ids of the documents that match. */
const findIds = async (
  engine: SearchEngine,
  targets: readonly SearchTarget[],
  { query, path }: Join,
): Promise<readonly string[]> => {
  const request = { ...EVERYTHING, query, size: MAX_JOINED };
  const { total, hits } = await engine.search(
    targets.map(({ index }) => index),
    request,
  );
  if (total > MAX_JOINED) throw tooMany(path, "parents");
  return hits.map(({ id }) => id);
};

/** Finds the values that the documents that match have in the field with their parent's id. */
const findParentIds = async (
  engine: SearchEngine,
  targets: readonly SearchTarget[],
  { query, path }: Join,
  { parent }: PluginType,
): Promise<readonly string[]> => {
  const request = { ...EVERYTHING, query, size: 0, aggregations: [countParents(parent?.field ?? "")] };
  const { aggregations } = await engine.search(
    targets.map(({ index }) => index),
    request,
  );
  const { buckets, sum_other_doc_count: others } = aggregations.parents ?? {};
  if (Number(others) > 0) throw tooMany(path, "parents of children");
  return Array.isArray(buckets) ? buckets.map(readKey) : [];
};

const readKey = (bucket: Json): string => String(isObject(bucket) ? (bucket.key_as_string ?? bucket.key) : "");

const countParents = (field: string): Aggregation => ({
  name: "parents",
  of: {
    is: "terms",
    paths: fieldPaths(field),
    size: MAX_JOINED,
    order: [{ by: "key", order: "asc" }],
    include: undefined,
    exclude: undefined,
    missing: undefined,
    minDocCount: 1,
  },
  aggs: [],
});

/** Documents with one of the ids in the field of their type with the parent's id. */
const isChildOf = (ids: readonly string[], children: readonly PluginType[]): Clause => {
  const values = ids.map(encodeValue);
  const paths = new Set(children.flatMap(({ parent }) => fieldPaths(parent?.field ?? "")));
  if (values.length === 0) return NO_MATCH;
  return anyOf(Array.from(paths, (path) => ({ is: "values", path, match: { how: "anyOf", values } })));
};

const EVERYTHING = parseSearch(undefined);

const tooMany = (path: string, what: string): Failure =>
  searchIssue(path, `matches more than ${MAX_JOINED} ${what}. Make its query narrower`);
