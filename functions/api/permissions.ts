import { createProjection } from "../../core/lists/fields.ts";
import { createMatcher } from "../../core/lists/filter.ts";
import { type ListQuery, readListQuery } from "../../core/lists/list-query.ts";
import { compareSortKeys, type SortKey, sortKeyOf } from "../../core/lists/sort.ts";
import { accessDenied } from "../../core/objects/checks.ts";
import { countParts } from "../../core/objects/count-parts.ts";
import { pageLimit } from "../../core/objects/select.ts";
import { createAuthorizer } from "../../core/permissions/authorizer.ts";
import {
  type GrantedPart,
  type GrantedPermissions,
  type GrantPlace,
  listGrantedPermissions,
} from "../../core/permissions/granted-permissions.ts";
import { ancestors, type Resources } from "../../core/resources.ts";
import type { ReadBudget } from "../../core/store/read-budget.ts";
import type { JsonObject } from "../../lib/json.ts";
import {
  type HttpResponse,
  httpResponse,
  NO_CACHE_HEADERS,
  timestampHeaders,
  totalCountHeaders,
} from "../http/response.ts";
import { permissionsOperation } from "./openapi/lists.ts";
import { nextPageHeader, verifyPageToken } from "./paging.ts";
import type { ApiCall, ApiEndpoint } from "./routes.ts";

/** Fields to filter and sort by. As in Kinto, `permissions` is not one of them, although entries have it. */
const fieldsOf = ({ all }: Resources): readonly string[] => [
  ...["uri", "resource_name", "bucket_id", "collection_id", "group_id", "record_id", "id", "last_modified", "deleted"],
  ...all.flatMap(({ name, plugin: added }) => (added === undefined ? [] : [`${name}_id`])),
];

/** `/permissions`: all permissions of the user. */
const list = async (call: ApiCall): Promise<HttpResponse> => {
  const { api, session, request, user, budget } = call;
  const authorizer = await createAuthorizer(session, api.storeContext.grants, user);
  if (!(await authorizer.hasAny(api.settings.permissionsReadPrincipals))) throw accessDenied(authorizer);
  const query = readListQuery(new URLSearchParams(request.query), session.now, fieldsOf(api.storeContext.resources));
  const matches = createMatcher(query.filters.filter(({ field }) => field !== "last_modified"));
  const readPart = async (place: GrantPlace | undefined) => {
    const part = await listGrantedPermissions(session, api.storeContext, user, place, budget);
    return { ...part, entries: part.entries.map(entryOf).filter(matches) };
  };
  // Permissions have no timestamp.
  const headers = { ...timestampHeaders(session.now), ...NO_CACHE_HEADERS };
  if (request.method === "HEAD")
    return httpResponse(200, "{}", { ...headers, ...totalCountHeaders(await countEntries(readPart, budget)) });

  const cursor = query.token
    ? (await verifyPageToken(api.signer, scopeOf(query), query.token, session.now)).cursor
    : undefined;
  const part = await readPart(cursor?.shares);
  const page = pageOf(query, part.entries, cursor?.sort, pageLimit(api.storeContext, query.limit));
  const next =
    page.next !== undefined
      ? { sort: page.next, ...(part.place && { shares: part.place }) }
      : part.next && { shares: part.next };
  const data = query.fields === undefined ? page.entries : page.entries.map(createProjection(query.fields));
  return httpResponse(200, JSON.stringify({ data }), {
    ...headers,
    ...(await nextPageHeader(call, scopeOf(query), query.limit, next)),
  });
};

/** Reads a part of the entries that match the query. */
type PartReader = (
  place: GrantPlace | undefined,
) => Promise<Omit<GrantedPart, "entries"> & { readonly entries: readonly JsonObject[] }>;

/** Counts the entries of all parts; returns `undefined` if there are too many. */
const countEntries = (readPart: PartReader, budget: ReadBudget): Promise<number | undefined> =>
  countParts<GrantPlace>(async (place) => {
    const { entries, next } = await readPart(place);
    return { count: entries.length, next };
  }, budget);

const route = { run: list, paged: true, describe: permissionsOperation };
export const permissionsEndpoint: ApiEndpoint = { HEAD: route, GET: route };

const entryOf = ({ uri, ref, permissions }: GrantedPermissions): JsonObject => ({
  uri,
  resource_name: ref?.resourceName ?? "root",
  permissions: [...permissions],
  ...(ref !== null && {
    id: ref.id,
    ...Object.fromEntries([ref, ...ancestors(ref)].map(({ resourceName, id }) => [`${resourceName}_id`, id])),
  }),
});

const pageOf = (
  query: ListQuery,
  entries: readonly JsonObject[],
  from: SortKey | undefined,
  limit: number,
): { entries: JsonObject[]; next?: SortKey } => {
  const requested = query.sorts.filter(({ field }) => field !== "last_modified");
  const sorts = requested.some(({ field }) => field === "uri")
    ? requested
    : [...requested, { field: "uri", descending: true }];
  const keyOf = sortKeyOf(sorts);
  const compare = compareSortKeys(sorts);
  const sorted = entries
    .map((entry) => ({ entry, key: keyOf(entry) }))
    .filter(({ key }) => from === undefined || compare(key, from) > 0)
    .sort((a, b) => compare(a.key, b.key));
  const last = sorted[limit - 1];
  return {
    entries: sorted.slice(0, limit).map(({ entry }) => entry),
    ...(sorted.length > limit && last !== undefined && { next: last.key }),
  };
};

const scopeOf = ({ filters, sorts }: ListQuery): string => JSON.stringify(["GET", "/permissions", filters, sorts]);
