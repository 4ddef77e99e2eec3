import { isObject, type Json, parseExactJson } from "../../../lib/json.ts";
import { INVALID_INPUTS } from "./invalid-inputs.ts";
import { accountRequest, countersRequest, historyRequest, snapshotRequest } from "./plugin-requests.ts";
import type { RandomSource } from "./random-source.ts";
import { getRequest, listBounds, type RequestStep, toJson, withQuery } from "./request-step.ts";
import {
  type Kind,
  pickId,
  pickKind,
  pickListPath,
  pickObjectPath,
  pickPrincipal,
  pickUser,
  randomData,
  randomDraft,
  randomPermissions,
  timeSymbol,
} from "./values.ts";

/** A kind of request: its weight among the features, and a generator. */
interface Feature {
  readonly weight: number;
  readonly generate: (chance: RandomSource, others: (chance: RandomSource) => RequestStep) => RequestStep;
}

const putRequest = (chance: RandomSource, of: Kind): RequestStep => ({
  user: pickUser(chance),
  method: "PUT",
  path: pickObjectPath(chance, of),
  ...optionalBody(chance, of),
});
const mergeRequest = (chance: RandomSource, of: Kind): RequestStep => ({
  user: pickUser(chance),
  method: "PATCH",
  path: pickObjectPath(chance, of),
  body: toJson(randomDraft(chance, of)),
});
const deleteRequest = (chance: RandomSource, of: Kind): RequestStep => ({
  user: pickUser(chance),
  method: "DELETE",
  path: pickObjectPath(chance, of),
});

const postRequest = (chance: RandomSource, of: Kind): RequestStep => {
  const { data: own = {}, ...others } = randomDraft(chance, of);
  const named =
    isObject(own) && chance.happens(0.7)
      ? { id: chance.happens(0.7) ? pickId(chance, of) : "posted{{w}}", ...own }
      : own;
  return {
    user: pickUser(chance),
    method: "POST",
    path: pickListPath(chance, of),
    ...(chance.happens(0.95) && { body: toJson({ data: named, ...others }) }),
  };
};

const optionalBody = (chance: RandomSource, of: Kind): { body?: string } =>
  chance.happens(0.93) ? { body: toJson(randomDraft(chance, of)) } : {};

/** Buckets and collections are deleted seldom, since that deletes much else. */
const kindToDelete = (chance: RandomSource): Kind => {
  const of = pickKind(chance);
  return (of === "bucket" || of === "collection") && chance.happens(0.75) ? "record" : of;
};

const objectRequest = (chance: RandomSource): RequestStep =>
  chance.pickWeighted<(chance: RandomSource, of: Kind) => RequestStep>([
    [30, (c, of) => getRequest(c, pickObjectPath(c, of))],
    [26, putRequest],
    [16, mergeRequest],
    [16, postRequest],
    [12, (c) => deleteRequest(c, kindToDelete(c))],
  ])(chance, pickKind(chance));

const listRequest = (chance: RandomSource): RequestStep => {
  const path = pickListPath(chance, pickKind(chance));
  if (chance.happens(0.25)) return { user: pickUser(chance), method: "GET", path: `{{next:${path}}}` };
  return getRequest(chance, withQuery(path, listBounds(chance, path)));
};

/** Prefixes, fields and values of filters. */
const FILTER_PREFIXES = [
  "",
  "",
  "",
  "not_",
  "min_",
  "max_",
  "gt_",
  "lt_",
  "in_",
  "exclude_",
  "like_",
  "has_",
  "contains_",
  "contains_any_",
];
const FILTER_FIELDS = [
  "title",
  "n",
  "tags",
  "done",
  "nested.a",
  "nested.b",
  "id",
  "last_modified",
  "deleted",
  "none",
  "a.b",
  "nested",
];
const FILTER_VALUES = [
  "",
  ..."a b B %C3%A9 1 2 0 1.5 true false null %22a%22 %221%22 a,b 1,2 [%22a%22] [1,2] r1 r1,r2 *a* z -1 {}".split(" "),
  ..."9007199254740992 9007199254740993 -9223372036854775808 18446744073709551615 18446744073709551617".split(" "),
];

const filterParameter = (chance: RandomSource, path: string): string => {
  const field = chance.pick(FILTER_FIELDS);
  const compared = field === "last_modified" ? timeSymbol(chance, path) : chance.pick(FILTER_VALUES);
  return `${chance.pick(FILTER_PREFIXES)}${field}=${compared}`;
};

const sortParameter = (chance: RandomSource): string => {
  const fields = ["title", "n", "last_modified", "done", "nested.a", "none", "tags"];
  return `_sort=${Array.from({ length: 1 + chance.below(2) }, () => `${chance.pick(["", "-", "-", "%2B"])}${chance.pick(fields)}`).join(",")}`;
};

const fieldsParameter = (chance: RandomSource): string =>
  `_fields=${Array.from({ length: 1 + chance.below(3) }, () => chance.pick(["title", "n", "nested.a", "nested", "tags", "id", "last_modified", "none", "a.b", "", "deleted"])).join(",")}`;

const filterRequest = (chance: RandomSource): RequestStep => {
  const path = pickListPath(chance, chance.happens(0.7) ? "record" : pickKind(chance));
  const filters = Array.from({ length: chance.below(3) }, () => filterParameter(chance, path));
  const pairs = [
    ...filters,
    ...(chance.happens(0.35) ? [sortParameter(chance)] : []),
    ...(chance.happens(0.2) ? [fieldsParameter(chance)] : []),
  ];
  const to = chance.happens(0.05) ? [`_to=${timeSymbol(chance, path)}`] : [];
  const method = chance.pickWeighted([
    [80, "GET"],
    [12, "HEAD"],
    [8, "DELETE"],
  ]);
  const page = chance.happens(0.3) ? [`_limit=${chance.pick([1, 2, 3])}`] : [];
  return {
    user: pickUser(chance),
    method,
    path: withQuery(path, [...pairs, ...to, ...page, ...(chance.happens(0.1) ? listBounds(chance, path) : [])]),
  };
};

const PRECONDITIONS = [
  '"{{AT}}"',
  '"{{AT}}"',
  '"{{AT}}"',
  "*",
  "*",
  '"1500000000000"',
  "abc",
  "{{AT}}",
  '""',
  '"-5"',
  '"1.5"',
  'W/"{{AT}}"',
  '"*"',
  '"1", "2"',
];

const preconditionRequest = (chance: RandomSource): RequestStep => {
  const ask = chance.happens(0.6)
    ? objectRequest(chance)
    : chance.happens(0.7)
      ? listRequest(chance)
      : listDeletion(chance);
  const header = chance.happens(0.55) ? "If-Match" : "If-None-Match";
  const value = chance
    .pick(PRECONDITIONS)
    .replace("{{AT}}", timeSymbol(chance, ask.path.replace(/^\{\{next:(?:DELETE )?(.*)\}\}$/, "$1")));
  return { ...ask, headers: { ...ask.headers, [header]: value } };
};

const listDeletion = (chance: RandomSource): RequestStep => {
  const path = pickListPath(chance, kindToDelete(chance));
  return {
    user: pickUser(chance),
    method: "DELETE",
    path: chance.happens(0.2) ? `{{next:DELETE ${path}}}` : withQuery(path, listBounds(chance, path)),
  };
};

const permissionChange = (chance: RandomSource): RequestStep => {
  const of = pickKind(chance);
  const ask = chance.happens(0.5) ? putRequest(chance, of) : mergeRequest(chance, of);
  return {
    ...ask,
    user: chance.happens(0.8) ? "alice" : ask.user,
    body: toJson({
      permissions: randomPermissions(chance, of),
      ...(chance.happens(0.3) && { data: randomData(chance, of) }),
    }),
  };
};

/** A request that sets `last_modified`. */
const timestampRequest = (chance: RandomSource): RequestStep => {
  const of = chance.happens(0.7) ? "record" : pickKind(chance);
  const path = pickObjectPath(chance, of);
  // The clock of the list of buckets survives between scenarios.
  const ahead = of === "bucket" ? [0, 1000] : [0, 60_000, 600_000];
  const at = chance.pickWeighted([
    [5, timeSymbol(chance, path, chance.pick([...ahead, 0, -60_000]))],
    [2, "1500000000000"],
    [of === "bucket" ? 0 : 1, "4102444800000"],
  ]);
  if (chance.happens(0.3)) {
    const quoted = chance.pick(["", "", "%22"]);
    return {
      user: "alice",
      method: "DELETE",
      path: `${path}?last_modified=${quoted}${chance.happens(0.9) ? at : chance.pick(["abc", "-1", "0", "1.5", ""])}${quoted}`,
    };
  }
  const lastModified: Json = chance.happens(0.9)
    ? `#${at}`
    : chance.pick<Json>(["abc", null, 1.5, true, -5, 0, "1500000000000", {}]);
  const own = { ...randomData(chance, of), last_modified: lastModified };
  const method = chance.pick(["PUT", "PUT", "PATCH", "POST"]);
  const body = toJson({
    data: method === "POST" && chance.happens(0.7) ? { id: pickId(chance, of), ...own } : own,
  }).replace(/"#(\d+)"/g, "$1");
  return { user: "alice", method, path: method === "POST" ? pickListPath(chance, of) : path, body };
};

const patchOperation = (chance: RandomSource): Json => {
  const at = (): string =>
    chance.pick([
      "/data/title",
      "/data/n",
      "/data/tags/0",
      "/data/tags/-",
      "/data/tags",
      "/data/nested/a",
      "/data/nested",
      "/data/none",
      "/data",
      "/data/none/x",
      "/data/tags/9",
    ]);
  const op = chance.pick(["add", "add", "replace", "remove", "test", "move", "copy"]);
  if (chance.happens(0.2)) {
    const permission = `/permissions/${chance.pick(["read", "write", "record:create", "nope"])}`;
    return {
      op: chance.pick(["add", "remove", "replace", "test"]),
      path: chance.happens(0.8) ? `${permission}/${pickPrincipal(chance)}` : permission,
    };
  }
  if (chance.happens(0.06))
    return chance.pick<Json>([
      { op: "nope", path: "/data/n" },
      { op: "add" },
      { path: "/data/n" },
      5,
      { op: "add", path: "data" },
      { op: "add", path: "/data/n", value: 1, more: 1 },
    ]);
  if (op === "move" || op === "copy") return { op, from: at(), path: at() };
  return op === "remove"
    ? { op, path: at() }
    : { op, path: at(), value: chance.pick<Json>([1, "a", null, [1], { a: 1 }, true]) };
};

const patchRequest = (chance: RandomSource): RequestStep => {
  const of = chance.happens(0.6) ? "record" : pickKind(chance);
  const ask = { ...mergeRequest(chance, of), as: chance.happens(0.8) ? "alice" : pickUser(chance) };
  const behavior = chance.happens(0.4)
    ? { "Response-Behavior": chance.pick(["full", "light", "light", "diff", "diff", "LIGHT", "nope", ""]) }
    : {};
  const type = chance.pickWeighted([
    [3, "application/json"],
    [4, "application/merge-patch+json"],
    [5, "application/json-patch+json"],
  ]);
  const body =
    type === "application/json-patch+json"
      ? toJson(Array.from({ length: chance.below(4) }, () => patchOperation(chance)))
      : ask.body;
  return { ...ask, headers: { "Content-Type": type, ...behavior }, ...(body !== undefined && { body }) };
};

const SCHEMAS: readonly Json[] = [
  { type: "object", properties: { title: { type: "string" } }, required: ["title"] },
  {
    type: "object",
    properties: { n: { type: "integer", minimum: 1 }, tags: { type: "array", items: { type: "string" }, maxItems: 2 } },
  },
  { type: "object", properties: { title: { enum: ["a", "b"] } }, additionalProperties: false },
  { required: ["n", "done"] },
  { properties: { nested: { type: "object", required: ["a"] } } },
  { type: "nope" },
  { $ref: "#/definitions/x", definitions: { x: { type: "object", required: ["n"] } } },
  { properties: { title: { pattern: "^[a-z]$" } } },
  {},
  5,
  null,
];

const schemaRequest = (chance: RandomSource): RequestStep => {
  if (chance.happens(0.5)) {
    const of = chance.happens(0.7) ? "record" : chance.pick<Kind>(["collection", "group"]);
    return { ...chance.pick([putRequest, mergeRequest, postRequest])(chance, of), user: "alice" };
  }
  const onCollection = chance.happens(0.65);
  const name = onCollection ? "schema" : chance.pick(["record:schema", "collection:schema", "group:schema"]);
  const own = {
    [name]: chance.pick(SCHEMAS),
    ...(chance.happens(0.2) && { cache_expires: chance.pick<Json>([60, "60", "x", -1, 0]) }),
  };
  return {
    user: "alice",
    method: chance.pick(["PUT", "PATCH"]),
    path: pickObjectPath(chance, onCollection ? "collection" : "bucket"),
    body: toJson({ data: own }),
  };
};

/** A batch of other requests. */
const batchRequest = (chance: RandomSource, others: (chance: RandomSource) => RequestStep): RequestStep => {
  const request = (): Json => {
    const { user: as, method, path, headers = {}, body } = others(chance);
    const parsed = body === undefined ? undefined : parseOrUndefined(body);
    const sender = chance.happens(0.75) || as === null ? {} : { Authorization: `{{basic:${as}}}` };
    const own = { ...headers, ...sender };
    // One invalid method makes the whole batch fail.
    const known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].includes(method) || chance.happens(0.05);
    return {
      ...(known && (method !== "GET" || chance.happens(0.7)) && { method }),
      path: chance.happens(0.8) ? path.replace(/^\/v1/, "").replace(/^(\{\{next:)/, "$1") : path,
      ...(Object.keys(own).length > 0 && { headers: own }),
      ...(parsed !== undefined && (isObject(parsed) || chance.happens(0.1)) && { body: parsed }),
    };
  };
  const length = chance.pickWeighted([
    [10, 1 + chance.below(4)],
    [3, 5 + chance.below(20)],
    [0.3, 26],
    [0.3, 0],
  ]);
  const requests: Json[] = Array.from({ length }, request);
  if (chance.happens(0.12)) requests.push(chance.pick<Json>(INVALID_INPUTS.batchRequests));
  const defaults = chance.happens(0.35) ? { defaults: chance.pick<Json>(INVALID_INPUTS.batchDefaults) } : {};
  return {
    user: pickUser(chance),
    method: "POST",
    path: "/v1/batch",
    body: toJson(chance.happens(0.97) ? { ...defaults, requests } : chance.pick<Json>(INVALID_INPUTS.batches)),
  };
};

const parseOrUndefined = (text: string): Json | undefined => {
  try {
    return parseExactJson(text) as Json;
  } catch {
    return undefined;
  }
};

const pathRequest = (chance: RandomSource): RequestStep => {
  const ask = chance.happens(0.5) ? objectRequest(chance) : listRequest(chance);
  if (chance.happens(0.25)) return { ...ask, path: chance.pick(INVALID_INPUTS.paths) };
  if (chance.happens(0.25)) return { ...ask, method: chance.pick(["PROPFIND", "PUT", "PATCH", "POST", "DELETE"]) };
  const of = pickKind(chance);
  const path = chance.happens(0.6)
    ? `${pickListPath(chance, of)}/${chance.pick(INVALID_INPUTS.ids)}`
    : `/v1/buckets/b{{w}}/collections/${chance.pick(INVALID_INPUTS.ids)}/records`;
  return { ...ask, path };
};

const redirectRequest = (chance: RandomSource): RequestStep => {
  const ask = chance.happens(0.5) ? objectRequest(chance) : listRequest(chance);
  if (ask.path.startsWith("{{")) return ask;
  const [path = "", query] = ask.path.split("?");
  const moved = chance.pick([
    `${path}/`,
    path.replace("/v1", ""),
    path.replace("/v1", "/v2"),
    path.replace("/v1", "/v0"),
    `${path}//`,
    path.replace("/v1/", "/v1//"),
    `${path.replace("/v1", "")}/`,
  ]);
  return { ...ask, path: query === undefined ? moved : `${moved}?${query}` };
};

const mediaTypeRequest = (chance: RandomSource): RequestStep => {
  const ask = chance.happens(0.8) ? objectRequest(chance) : listRequest(chance);
  const header = chance.happens(0.6)
    ? { "Content-Type": chance.pick(INVALID_INPUTS.contentTypes) }
    : { Accept: chance.pick(INVALID_INPUTS.accepts) };
  return { ...ask, headers: { ...ask.headers, ...header } };
};

const malformedRequest = (chance: RandomSource): RequestStep => {
  const of = pickKind(chance);
  const ask = chance.pick([putRequest, mergeRequest, postRequest])(chance, of);
  const as = chance.happens(0.85) ? "alice" : ask.user;
  return {
    ...ask,
    user: as,
    body: chance.pick(
      chance.happens(0.5)
        ? INVALID_INPUTS.bodies
        : chance.happens(0.5)
          ? INVALID_INPUTS.permissions
          : INVALID_INPUTS.members,
    ),
  };
};

/** Only for reading: such credentials stand for the same user in every scenario. */
const credentialsRequest = (chance: RandomSource): RequestStep => {
  const path = chance.pick(["/v1/", pickObjectPath(chance, pickKind(chance)), pickListPath(chance, pickKind(chance))]);
  return { user: null, method: "GET", path, headers: { Authorization: chance.pick(INVALID_INPUTS.authorizations) } };
};

const queryRequest = (chance: RandomSource): RequestStep => {
  const ask = chance.happens(0.3)
    ? objectRequest(chance)
    : { ...listRequest(chance), path: pickListPath(chance, pickKind(chance)) };
  return { ...ask, path: `${ask.path.replace(/\?.*/, "")}${chance.pick(INVALID_INPUTS.queries)}` };
};

const corsRequest = (chance: RandomSource): RequestStep => {
  const ask = chance.happens(0.6)
    ? objectRequest(chance)
    : chance.happens(0.6)
      ? listRequest(chance)
      : { user: null, method: "GET", path: chance.pick(["/v1/", "/v1/nowhere", "/nowhere", "/v1/batch"]) };
  const origin = { Origin: chance.pick(["https://app.example.org", "null", "http://localhost:3000"]) };
  if (chance.happens(0.5)) return { ...ask, headers: { ...ask.headers, ...origin } };
  const { body: _, ...bare } = ask;
  const method = chance.happens(0.9)
    ? { "Access-Control-Request-Method": chance.pick(["GET", "PUT", "PATCH", "DELETE", "POST", "FOO"]) }
    : {};
  const headers = chance.happens(0.5)
    ? {
        "Access-Control-Request-Headers": chance.pick([
          "authorization,content-type",
          "If-Match",
          "x-mine",
          "Content-Type, If-None-Match, Authorization",
        ]),
      }
    : {};
  return {
    ...bare,
    user: null,
    method: "OPTIONS",
    headers: { ...(chance.happens(0.9) && origin), ...method, ...headers },
  };
};

const defaultBucketRequest = (chance: RandomSource): RequestStep => {
  const ask = chance.happens(0.7) ? objectRequest(chance) : listRequest(chance);
  const path = ask.path.startsWith("{{") ? "/v1/buckets/default" : ask.path;
  return {
    ...ask,
    path: chance.happens(0.9)
      ? path.replace(/^\/v1\/buckets\/(\{\{id:\/v1\/buckets:0\}\}|[^/?]+)/, "/v1/buckets/default")
      : "/v1/buckets/default",
  };
};

const rootPageRequest = (chance: RandomSource): RequestStep => ({
  user: pickUser(chance),
  method: chance.pickWeighted([
    [10, "GET"],
    [2, "HEAD"],
    [1, "POST"],
    [1, "DELETE"],
  ]),
  path: chance.pick([
    "/v1/",
    "/v1",
    "/",
    "/v1/__heartbeat__",
    "/v1/__lbheartbeat__",
    "/v1/__version__",
    "/v1/contribute.json",
    "/contribute.json",
  ]),
});

const permissionsListRequest = (chance: RandomSource): RequestStep => {
  const filters = [
    "resource_name=bucket",
    "resource_name=record",
    "_sort=uri",
    "_limit=2",
    "_sort=-uri",
    "bucket_id=b{{w}}",
    "_fields=uri",
    "nope=1",
    "permissions=read",
    "like_uri=*records*",
    "_since=5",
  ];
  const path = "/v1/permissions";
  if (chance.happens(0.15)) return { user: pickUser(chance), method: "GET", path: `{{next:${path}}}` };
  return getRequest(
    chance,
    withQuery(
      path,
      chance.happens(0.5) ? [chance.pick(filters), ...(chance.happens(0.3) ? [chance.pick(filters)] : [])] : [],
    ),
  );
};

/** All features by name. KINTO_FEATURES selects some of them. */
export const FEATURES: Readonly<Record<string, Feature>> = {
  objects: { weight: 20, generate: objectRequest },
  lists: { weight: 12, generate: listRequest },
  permissions: { weight: 10, generate: permissionChange },
  preconditions: { weight: 10, generate: preconditionRequest },
  deletes: { weight: 3, generate: listDeletion },
  malformed: { weight: 5, generate: malformedRequest },
  queries: { weight: 3, generate: queryRequest },
  paths: { weight: 4, generate: pathRequest },
  media: { weight: 3, generate: mediaTypeRequest },
  credentials: { weight: 2, generate: credentialsRequest },
  timestamps: { weight: 6, generate: timestampRequest },
  filters: { weight: 10, generate: filterRequest },
  patches: { weight: 6, generate: patchRequest },
  batch: { weight: 5, generate: batchRequest },
  schemas: { weight: 5, generate: schemaRequest },
  cors: { weight: 3, generate: corsRequest },
  redirects: { weight: 3, generate: redirectRequest },
  "default-bucket": { weight: 4, generate: defaultBucketRequest },
  about: { weight: 2, generate: rootPageRequest },
  "permissions-list": { weight: 3, generate: permissionsListRequest },
  history: { weight: 10, generate: historyRequest },
  snapshots: { weight: 4, generate: snapshotRequest },
  counters: { weight: 2, generate: countersRequest },
  accounts: { weight: 20, generate: accountRequest },
};
