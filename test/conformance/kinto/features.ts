import { isObject, type Json } from "../../../lib/json.ts";
import type { Chance } from "./chance.ts";
import { ODD } from "./odd.ts";
import type { Step } from "./story.ts";
import { data, draft, id, type Kind, kind, list, object, permissions, principal, someone, time } from "./values.ts";

/** What a request is about: how often it comes, and what it may look like. */
interface Feature {
  readonly weight: number;
  readonly ask: (chance: Chance, others: (chance: Chance) => Ask) => Ask;
}

export type Ask = Omit<Step, "about">;

const json = (value: Json): string => JSON.stringify(value);

const get = (chance: Chance, path: string): Ask => ({
  as: someone(chance),
  method: chance.happens(0.85) ? "GET" : "HEAD",
  path,
});
const put = (chance: Chance, of: Kind): Ask => ({
  as: someone(chance),
  method: "PUT",
  path: object(chance, of),
  ...sometimes(chance, of),
});
const patch = (chance: Chance, of: Kind): Ask => ({
  as: someone(chance),
  method: "PATCH",
  path: object(chance, of),
  body: json(draft(chance, of)),
});
const remove = (chance: Chance, of: Kind): Ask => ({ as: someone(chance), method: "DELETE", path: object(chance, of) });

const post = (chance: Chance, of: Kind): Ask => {
  const { data: own = {}, ...others } = draft(chance, of);
  const named =
    isObject(own) && chance.happens(0.7) ? { id: chance.happens(0.7) ? id(chance, of) : "posted{{w}}", ...own } : own;
  return {
    as: someone(chance),
    method: "POST",
    path: list(chance, of),
    ...(chance.happens(0.95) && { body: json({ data: named, ...others }) }),
  };
};

const sometimes = (chance: Chance, of: Kind): { body?: string } =>
  chance.happens(0.93) ? { body: json(draft(chance, of)) } : {};

/** Buckets and collections go seldom: much goes with them. */
const lessOften = (chance: Chance): Kind => {
  const of = kind(chance);
  return (of === "bucket" || of === "collection") && chance.happens(0.75) ? "record" : of;
};

const anObject = (chance: Chance): Ask =>
  chance.weigh<(chance: Chance, of: Kind) => Ask>([
    [30, (c, of) => get(c, object(c, of))],
    [26, put],
    [16, patch],
    [16, post],
    [12, (c) => remove(c, lessOften(c))],
  ])(chance, kind(chance));

const withQuery = (path: string, pairs: readonly string[]): string =>
  pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;

const bounds = (chance: Chance, path: string): string[] => {
  const bound = (): string => {
    const at = chance.weigh([
      [7, time(chance, path)],
      [1, "0"],
      [1, "1500000000000"],
    ]);
    return chance.happens(0.4) ? `%22${at}%22` : at;
  };
  return [
    ...(chance.happens(0.4) ? [`_since=${bound()}`] : []),
    ...(chance.happens(0.15) ? [`_before=${bound()}`] : []),
    ...(chance.happens(0.4) ? [`_limit=${chance.pick([1, 1, 2, 2, 3, 5, 100])}`] : []),
  ];
};

const aList = (chance: Chance): Ask => {
  const path = list(chance, kind(chance));
  if (chance.happens(0.25)) return { as: someone(chance), method: "GET", path: `{{next:${path}}}` };
  return get(chance, withQuery(path, bounds(chance, path)));
};

/** What filters begin with, which fields they name, and with what they compare them. */
const FILTERS = [
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
const FILTERED = [
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
const COMPARED = [
  "",
  ..."a b B %C3%A9 1 2 0 1.5 true false null %22a%22 %221%22 a,b 1,2 [%22a%22] [1,2] r1 r1,r2 *a* z -1 {}".split(" "),
];

const filter = (chance: Chance, path: string): string => {
  const field = chance.pick(FILTERED);
  const compared = field === "last_modified" ? time(chance, path) : chance.pick(COMPARED);
  return `${chance.pick(FILTERS)}${field}=${compared}`;
};

const sort = (chance: Chance): string => {
  const fields = ["title", "n", "last_modified", "done", "nested.a", "none", "tags"];
  return `_sort=${Array.from({ length: 1 + chance.below(2) }, () => `${chance.pick(["", "-", "-", "%2B"])}${chance.pick(fields)}`).join(",")}`;
};

const pickFields = (chance: Chance): string =>
  `_fields=${Array.from({ length: 1 + chance.below(3) }, () => chance.pick(["title", "n", "nested.a", "nested", "tags", "id", "last_modified", "none", "a.b", "", "deleted"])).join(",")}`;

const filtered = (chance: Chance): Ask => {
  const path = list(chance, chance.happens(0.7) ? "record" : kind(chance));
  const filters = Array.from({ length: chance.below(3) }, () => filter(chance, path));
  const pairs = [
    ...filters,
    ...(chance.happens(0.35) ? [sort(chance)] : []),
    ...(chance.happens(0.2) ? [pickFields(chance)] : []),
  ];
  const to = chance.happens(0.05) ? [`_to=${time(chance, path)}`] : [];
  const method = chance.weigh([
    [80, "GET"],
    [12, "HEAD"],
    [8, "DELETE"],
  ]);
  const page = chance.happens(0.3) ? [`_limit=${chance.pick([1, 2, 3])}`] : [];
  return {
    as: someone(chance),
    method,
    path: withQuery(path, [...pairs, ...to, ...page, ...(chance.happens(0.1) ? bounds(chance, path) : [])]),
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

const conditioned = (chance: Chance): Ask => {
  const ask = chance.happens(0.6) ? anObject(chance) : chance.happens(0.7) ? aList(chance) : emptied(chance);
  const header = chance.happens(0.55) ? "If-Match" : "If-None-Match";
  const value = chance
    .pick(PRECONDITIONS)
    .replace("{{AT}}", time(chance, ask.path.replace(/^\{\{next:(?:DELETE )?(.*)\}\}$/, "$1")));
  return { ...ask, headers: { ...ask.headers, [header]: value } };
};

const emptied = (chance: Chance): Ask => {
  const path = list(chance, lessOften(chance));
  return {
    as: someone(chance),
    method: "DELETE",
    path: chance.happens(0.2) ? `{{next:DELETE ${path}}}` : withQuery(path, bounds(chance, path)),
  };
};

const granted = (chance: Chance): Ask => {
  const of = kind(chance);
  const ask = chance.happens(0.5) ? put(chance, of) : patch(chance, of);
  return {
    ...ask,
    as: chance.happens(0.8) ? "alice" : ask.as,
    body: json({ permissions: permissions(chance, of), ...(chance.happens(0.3) && { data: data(chance, of) }) }),
  };
};

/** A `last_modified` of the sender's. */
const timed = (chance: Chance): Ask => {
  const of = chance.happens(0.7) ? "record" : kind(chance);
  const path = object(chance, of);
  // The list of buckets keeps its clock from story to story.
  const ahead = of === "bucket" ? [0, 1000] : [0, 60_000, 600_000];
  const at = chance.weigh([
    [5, time(chance, path, chance.pick([...ahead, 0, -60_000]))],
    [2, "1500000000000"],
    [of === "bucket" ? 0 : 1, "4102444800000"],
  ]);
  if (chance.happens(0.3)) {
    const quoted = chance.pick(["", "", "%22"]);
    return {
      as: "alice",
      method: "DELETE",
      path: `${path}?last_modified=${quoted}${chance.happens(0.9) ? at : chance.pick(["abc", "-1", "0", "1.5", ""])}${quoted}`,
    };
  }
  const given: Json = chance.happens(0.9)
    ? `#${at}`
    : chance.pick<Json>(["abc", null, 1.5, true, -5, 0, "1500000000000", {}]);
  const own = { ...data(chance, of), last_modified: given };
  const method = chance.pick(["PUT", "PUT", "PATCH", "POST"]);
  const body = json({ data: method === "POST" && chance.happens(0.7) ? { id: id(chance, of), ...own } : own }).replace(
    /"#(\d+)"/g,
    "$1",
  );
  return { as: "alice", method, path: method === "POST" ? list(chance, of) : path, body };
};

const operation = (chance: Chance): Json => {
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
      path: chance.happens(0.8) ? `${permission}/${principal(chance)}` : permission,
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

const patched = (chance: Chance): Ask => {
  const of = chance.happens(0.6) ? "record" : kind(chance);
  const ask = { ...patch(chance, of), as: chance.happens(0.8) ? "alice" : someone(chance) };
  const behavior = chance.happens(0.4)
    ? { "Response-Behavior": chance.pick(["full", "light", "light", "diff", "diff", "LIGHT", "nope", ""]) }
    : {};
  const type = chance.weigh([
    [3, "application/json"],
    [4, "application/merge-patch+json"],
    [5, "application/json-patch+json"],
  ]);
  const body =
    type === "application/json-patch+json"
      ? json(Array.from({ length: chance.below(4) }, () => operation(chance)))
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

const schemed = (chance: Chance): Ask => {
  if (chance.happens(0.5)) {
    const of = chance.happens(0.7) ? "record" : chance.pick<Kind>(["collection", "group"]);
    return { ...chance.pick([put, patch, post])(chance, of), as: "alice" };
  }
  const onCollection = chance.happens(0.65);
  const name = onCollection ? "schema" : chance.pick(["record:schema", "collection:schema", "group:schema"]);
  const own = {
    [name]: chance.pick(SCHEMAS),
    ...(chance.happens(0.2) && { cache_expires: chance.pick<Json>([60, "60", "x", -1, 0]) }),
  };
  return {
    as: "alice",
    method: chance.pick(["PUT", "PATCH"]),
    path: object(chance, onCollection ? "collection" : "bucket"),
    body: json({ data: own }),
  };
};

/** Several others in one request. */
const batched = (chance: Chance, others: (chance: Chance) => Ask): Ask => {
  const request = (): Json => {
    const { as, method, path, headers = {}, body } = others(chance);
    const parsed = body === undefined ? undefined : parse(body);
    const sender = chance.happens(0.75) || as === null ? {} : { Authorization: `{{basic:${as}}}` };
    const own = { ...headers, ...sender };
    // One method that is none spoils all of a batch.
    const known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].includes(method) || chance.happens(0.05);
    return {
      ...(known && (method !== "GET" || chance.happens(0.7)) && { method }),
      path: chance.happens(0.8) ? path.replace(/^\/v1/, "").replace(/^(\{\{next:)/, "$1") : path,
      ...(Object.keys(own).length > 0 && { headers: own }),
      ...(parsed !== undefined && (isObject(parsed) || chance.happens(0.1)) && { body: parsed }),
    };
  };
  const length = chance.weigh([
    [10, 1 + chance.below(4)],
    [3, 5 + chance.below(20)],
    [0.3, 26],
    [0.3, 0],
  ]);
  const requests: Json[] = Array.from({ length }, request);
  if (chance.happens(0.12)) requests.push(chance.pick<Json>(ODD.batchRequests));
  const defaults = chance.happens(0.35) ? { defaults: chance.pick<Json>(ODD.batchDefaults) } : {};
  return {
    as: someone(chance),
    method: "POST",
    path: "/v1/batch",
    body: json(chance.happens(0.97) ? { ...defaults, requests } : chance.pick<Json>(ODD.batches)),
  };
};

const parse = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

const strayed = (chance: Chance): Ask => {
  const ask = chance.happens(0.5) ? anObject(chance) : aList(chance);
  if (chance.happens(0.25)) return { ...ask, path: chance.pick(ODD.paths) };
  if (chance.happens(0.25)) return { ...ask, method: chance.pick(["PROPFIND", "PUT", "PATCH", "POST", "DELETE"]) };
  const of = kind(chance);
  const path = chance.happens(0.6)
    ? `${list(chance, of)}/${chance.pick(ODD.ids)}`
    : `/v1/buckets/b{{w}}/collections/${chance.pick(ODD.ids)}/records`;
  return { ...ask, path };
};

const redirected = (chance: Chance): Ask => {
  const ask = chance.happens(0.5) ? anObject(chance) : aList(chance);
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

const negotiated = (chance: Chance): Ask => {
  const ask = chance.happens(0.8) ? anObject(chance) : aList(chance);
  const header = chance.happens(0.6)
    ? { "Content-Type": chance.pick(ODD.contentTypes) }
    : { Accept: chance.pick(ODD.accepts) };
  return { ...ask, headers: { ...ask.headers, ...header } };
};

const malformed = (chance: Chance): Ask => {
  const of = kind(chance);
  const ask = chance.pick([put, patch, post])(chance, of);
  const as = chance.happens(0.85) ? "alice" : ask.as;
  return {
    ...ask,
    as,
    body: chance.pick(chance.happens(0.5) ? ODD.bodies : chance.happens(0.5) ? ODD.permissions : ODD.members),
  };
};

/** Only read by: who such credentials stand for is the same in every story. */
const credentials = (chance: Chance): Ask => {
  const path = chance.pick(["/v1/", object(chance, kind(chance)), list(chance, kind(chance))]);
  return { as: null, method: "GET", path, headers: { Authorization: chance.pick(ODD.authorizations) } };
};

const queried = (chance: Chance): Ask => {
  const ask = chance.happens(0.3) ? anObject(chance) : { ...aList(chance), path: list(chance, kind(chance)) };
  return { ...ask, path: `${ask.path.replace(/\?.*/, "")}${chance.pick(ODD.queries)}` };
};

const crossOrigin = (chance: Chance): Ask => {
  const ask = chance.happens(0.6)
    ? anObject(chance)
    : chance.happens(0.6)
      ? aList(chance)
      : { as: null, method: "GET", path: chance.pick(["/v1/", "/v1/nowhere", "/nowhere", "/v1/batch"]) };
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
    as: null,
    method: "OPTIONS",
    headers: { ...(chance.happens(0.9) && origin), ...method, ...headers },
  };
};

const inDefaultBucket = (chance: Chance): Ask => {
  const ask = chance.happens(0.7) ? anObject(chance) : aList(chance);
  const path = ask.path.startsWith("{{") ? "/v1/buckets/default" : ask.path;
  return {
    ...ask,
    path: chance.happens(0.9)
      ? path.replace(/^\/v1\/buckets\/(\{\{id:\/v1\/buckets:0\}\}|[^/?]+)/, "/v1/buckets/default")
      : "/v1/buckets/default",
  };
};

const about = (chance: Chance): Ask => ({
  as: someone(chance),
  method: chance.weigh([
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

const listedPermissions = (chance: Chance): Ask => {
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
  if (chance.happens(0.15)) return { as: someone(chance), method: "GET", path: `{{next:${path}}}` };
  return get(
    chance,
    withQuery(
      path,
      chance.happens(0.5) ? [chance.pick(filters), ...(chance.happens(0.3) ? [chance.pick(filters)] : [])] : [],
    ),
  );
};

/** What is asked for, by the name that KINTO_FEATURES chooses it with. */
export const FEATURES: Readonly<Record<string, Feature>> = {
  objects: { weight: 20, ask: anObject },
  lists: { weight: 12, ask: aList },
  permissions: { weight: 10, ask: granted },
  preconditions: { weight: 10, ask: conditioned },
  deletes: { weight: 3, ask: emptied },
  malformed: { weight: 5, ask: malformed },
  queries: { weight: 3, ask: queried },
  paths: { weight: 4, ask: strayed },
  media: { weight: 3, ask: negotiated },
  credentials: { weight: 2, ask: credentials },
  timestamps: { weight: 6, ask: timed },
  filters: { weight: 10, ask: filtered },
  patches: { weight: 6, ask: patched },
  batch: { weight: 5, ask: batched },
  schemas: { weight: 5, ask: schemed },
  cors: { weight: 3, ask: crossOrigin },
  redirects: { weight: 3, ask: redirected },
  "default-bucket": { weight: 4, ask: inDefaultBucket },
  about: { weight: 2, ask: about },
  "permissions-list": { weight: 3, ask: listedPermissions },
};
