import { project } from "../../core/lists/fields.ts";
import { matcher } from "../../core/lists/filter.ts";
import { type ListQuery, readListQuery } from "../../core/lists/list-query.ts";
import { comparePlaces, placeOf, type SortPlace } from "../../core/lists/sort.ts";
import { denied } from "../../core/objects/access.ts";
import { pageLimit } from "../../core/objects/select.ts";
import { type Granted, granted } from "../../core/permissions/granted.ts";
import { identify } from "../../core/permissions/who.ts";
import { ancestors, type Resources } from "../../core/resources.ts";
import type { JsonObject } from "../../lib/json.ts";
import { type Answer, answer, NOT_CACHED, timeHeaders, totalHeaders } from "../http/answer.ts";
import type { Call, Endpoint } from "./call.ts";
import { nextPage } from "./next-page.ts";
import { permissionsOperation } from "./openapi/lists.ts";
import { readToken } from "./token.ts";

/** What may be asked about; an entry also tells its `permissions`, which Kinto does not take for a field. */
const fieldsOf = ({ all }: Resources): readonly string[] => [
  ...["uri", "resource_name", "bucket_id", "collection_id", "group_id", "record_id", "id", "last_modified", "deleted"],
  ...all.flatMap(({ name, added }) => (added === undefined ? [] : [`${name}_id`])),
];

/** `/permissions`: everything that somebody may do, and where. */
const list = async (call: Call): Promise<Answer> => {
  const { api, session, request, user } = call;
  const who = await identify(session, api.world.grants, user, "all");
  if (!(await who.isAny(api.settings.permissionsReadPrincipals))) throw denied(who);
  const query = readListQuery(new URLSearchParams(request.query), session.now, fieldsOf(api.world.resources));
  const entries = (await granted(session, api.world, who))
    .map(entryOf)
    .filter(matcher(query.filters.filter(({ field }) => field !== "last_modified")));
  // What somebody may do has no time of its own.
  const headers = { ...timeHeaders(session.now), ...NOT_CACHED };
  if (request.method === "HEAD") return answer(200, "{}", { ...headers, ...totalHeaders(entries.length) });

  const page = await pageOf(call, query, entries);
  const shown = query.fields === undefined ? page.entries : page.entries.map(project(query.fields));
  return answer(200, JSON.stringify({ data: shown }), {
    ...headers,
    ...(await nextPage(call, scopeOf(query), query.limit, page.next && { sort: page.next })),
  });
};

const route = { run: list, paged: true, describe: permissionsOperation };
export const permissionsEndpoint: Endpoint = { HEAD: route, GET: route };

const entryOf = ({ uri, ref, permissions }: Granted): JsonObject => ({
  uri,
  resource_name: ref?.resource ?? "root",
  permissions: [...permissions],
  ...(ref !== null && {
    id: ref.id,
    ...Object.fromEntries([ref, ...ancestors(ref)].map(({ resource, id }) => [`${resource}_id`, id])),
  }),
});

const pageOf = async (
  { api, session }: Call,
  query: ListQuery,
  entries: readonly JsonObject[],
): Promise<{ entries: JsonObject[]; next?: SortPlace }> => {
  const asked = query.sorts.filter(({ field }) => field !== "last_modified");
  const sorts = asked.some(({ field }) => field === "uri") ? asked : [...asked, { field: "uri", descending: true }];
  const [place, compare] = [placeOf(sorts), comparePlaces(sorts)];
  const after = query.token ? (await readToken(api.seal, scopeOf(query), query.token, session.now)).place : undefined;
  const from = after !== undefined && "sort" in after ? after.sort : undefined;
  const sorted = entries
    .map((entry) => ({ entry, at: place(entry) }))
    .filter(({ at }) => from === undefined || compare(at, from) > 0)
    .sort((a, b) => compare(a.at, b.at));
  const limit = pageLimit(api.world, query.limit);
  const last = sorted[limit - 1];
  return {
    entries: sorted.slice(0, limit).map(({ entry }) => entry),
    ...(sorted.length > limit && last !== undefined && { next: last.at }),
  };
};

const scopeOf = ({ filters, sorts }: ListQuery): string => JSON.stringify(["GET", "/permissions", filters, sorts]);
