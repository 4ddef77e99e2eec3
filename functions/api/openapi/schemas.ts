import { type CoreResource, isCore, type Resource, type Resources } from "../../../core/resources.ts";
import { MAX_RESULT_WINDOW } from "../../../core/search/request.ts";
import { ref, type Schema } from "../../http/operation.ts";
import { METHODS } from "../batch.ts";
import { EXAMPLES } from "./examples.ts";
import { JOB_SCHEMAS } from "./jobs.ts";
import { titleOf } from "./objects.ts";

/** Letters, digits, `_` and `-`, starting with a letter or digit. */
export const ID_PATTERN = "^[a-zA-Z0-9][a-zA-Z0-9_-]{0,255}$";

/** Ids that clients choose: also with `+`, `.` and `@`. */
const CHOSEN_ID_PATTERN = "^[a-zA-Z0-9][a-zA-Z0-9_+.@-]{0,255}$";

/** The schema of the ids of a resource. */
export const idRef = ({ plugin }: Pick<Resource, "plugin">): Schema =>
  ref(plugin?.ids === "chosen" ? "ChosenId" : "Id");

const object = (
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
  more: Schema = {},
): Schema => ({
  type: "object",
  properties,
  ...(required.length > 0 && { required }),
  ...more,
});
const list = (items: Schema, more: Schema = {}): Schema => ({ type: "array", items, ...more });
const ALONE: Schema = { additionalProperties: false };
const STRING: Schema = { type: "string" };
const BOOLEAN: Schema = { type: "boolean" };
const INTEGER: Schema = { type: "integer" };
const COUNT: Schema = { type: "integer", minimum: 0 };
const OBJECT: Schema = { type: "object" };
const PRINCIPAL: Schema = { type: "string", minLength: 1 };
const PRINCIPALS = list(PRINCIPAL, { description: "User ids, groups' URIs, system.Everyone, system.Authenticated." });

/** The fields of a search, as far as they have one type. */
const SEARCH_FIELDS: Readonly<Record<string, Schema>> = {
  query: OBJECT,
  from: { ...COUNT, maximum: MAX_RESULT_WINDOW },
  size: { ...COUNT, maximum: MAX_RESULT_WINDOW },
  sort: {},
  aggs: OBJECT,
  aggregations: OBJECT,
  post_filter: OBJECT,
  search_after: list({}),
  collapse: OBJECT,
  min_score: { type: "number" },
  highlight: OBJECT,
  suggest: OBJECT,
  _source: {},
  explain: BOOLEAN,
  track_total_hits: { anyOf: [BOOLEAN, COUNT] },
};

/** Fields with a meaning in the protocol. */
const PROTOCOL_FIELDS: Readonly<Record<CoreResource, Readonly<Record<string, Schema>>>> = {
  bucket: {},
  group: { members: list(PRINCIPAL, { description: "User ids." }) },
  collection: {
    schema: { type: "object", description: "The JSON Schema of the records." },
    cache_expires: { type: "integer", description: "Seconds that responses to anonymous users can be cached." },
  },
  record: {},
};

/** Readers fill in an example where a request is tried. */
const exampleOf = (name: string): Schema => {
  const example = EXAMPLES[name];
  return example === undefined ? {} : { examples: [example] };
};

const schemasOf = (resource: Resource): Readonly<Record<string, Schema>> => {
  const name = titleOf(resource);
  const { permissions } = resource;
  const fields = isCore(resource.name) ? PROTOCOL_FIELDS[resource.name] : {};
  const draftPermissions = object(
    Object.fromEntries(permissions.map((permission) => [permission, { type: ["array", "null"], items: PRINCIPAL }])),
    [],
    ALONE,
  );
  return {
    [name]: object(
      { ...fields, id: idRef(resource), last_modified: ref("Timestamp") },
      ["id", "last_modified"],
      resource.plugin && { description: resource.plugin.about },
    ),
    [`${name}Permissions`]: object(
      Object.fromEntries(permissions.map((permission) => [permission, PRINCIPALS])),
      [],
      ALONE,
    ),
    [`${name}Answer`]: object(
      { data: ref(name), permissions: ref(`${name}Permissions`) },
      ["data", "permissions"],
      ALONE,
    ),
    [`${name}List`]: object({ data: list({ anyOf: [ref(name), ref("Tombstone")] }) }, ["data"], ALONE),
    [`${name}Draft`]: object(
      {
        data: object({ ...fields, id: idRef(resource), last_modified: ref("Timestamp") }),
        permissions: draftPermissions,
      },
      [],
      { ...ALONE, ...exampleOf(`${name}Draft`) },
    ),
    [`${name}Merge`]: object({ data: OBJECT, permissions: draftPermissions }, [], {
      ...ALONE,
      ...exampleOf("Merge"),
      minProperties: 1,
      description: "RFC 7396: null removes a field.",
    }),
  };
};

const TEXTS: Schema = { type: "object", additionalProperties: STRING };

/** A request of a batch, or its defaults. */
const request = (): Schema =>
  object(
    { method: { enum: METHODS }, path: { type: "string", pattern: "^/" }, headers: TEXTS, body: OBJECT },
    [],
    ALONE,
  );

const hasChosenIds = (all: readonly Resource[]): boolean => all.some(({ plugin }) => plugin?.ids === "chosen");

/** The document's schemas, by name. */
export const schemas = ({ all }: Resources): Readonly<Record<string, Schema>> => ({
  Id: { type: "string", pattern: ID_PATTERN },
  ...(hasChosenIds(all) && { ChosenId: { type: "string", pattern: CHOSEN_ID_PATTERN } }),
  Timestamp: {
    type: "integer",
    minimum: 0,
    description: "When an object or a list last changed, in milliseconds since 1970.",
  },
  Tombstone: object(
    { id: ref(hasChosenIds(all) ? "ChosenId" : "Id"), last_modified: ref("Timestamp"), deleted: { const: true } },
    ["id", "last_modified", "deleted"],
  ),
  TombstoneAnswer: object({ data: ref("Tombstone") }, ["data"], ALONE),
  TombstoneList: object({ data: list(ref("Tombstone")) }, ["data"], ALONE),
  ...Object.assign({}, ...all.map(schemasOf)),
  FieldsAnswer: object({ data: OBJECT }, ["data"], { ...ALONE, description: "The fields in `_fields`." }),
  PatchAnswer: object({ data: OBJECT }, ["data"], {
    ...ALONE,
    description: "The fields that changed (light), or differ from the request (diff).",
  }),
  Patch: list(
    object(
      {
        op: { enum: ["test", "add", "remove", "replace", "move", "copy"] },
        path: ref("Pointer"),
        from: ref("Pointer"),
        value: {},
      },
      ["op", "path"],
      ALONE,
    ),
    { description: "RFC 6902, on an object with data and permissions.", ...exampleOf("Patch") },
  ),
  Pointer: { type: "string", pattern: "^/" },
  Batch: object({ defaults: request(), requests: list(request()) }, ["requests"], { ...ALONE, ...exampleOf("Batch") }),
  BatchAnswer: object(
    {
      responses: list(
        object(
          { status: INTEGER, path: STRING, headers: TEXTS, body: {} },
          ["status", "path", "headers", "body"],
          ALONE,
        ),
      ),
    },
    ["responses"],
    ALONE,
  ),
  Granted: object({
    uri: STRING,
    resource_name: { enum: ["root", ...all.map(({ name }) => name)] },
    permissions: list(STRING),
    id: ref("Id"),
    ...Object.fromEntries(all.map(({ name }) => [`${name}_id`, ref("Id")])),
  }),
  GrantedList: object({ data: list(ref("Granted")) }, ["data"], ALONE),
  Hello: object(
    {
      project_name: STRING,
      project_version: STRING,
      http_api_version: STRING,
      project_docs: STRING,
      url: STRING,
      eos: STRING,
      settings: object({ readonly: BOOLEAN, explicit_permissions: BOOLEAN, batch_max_requests: INTEGER }, [
        "readonly",
        "batch_max_requests",
      ]),
      capabilities: {
        type: "object",
        additionalProperties: object({ description: STRING, url: STRING, version: STRING }, ["description"]),
      },
      user: object({ id: STRING, principals: list(STRING) }, ["id", "principals"]),
    },
    ["project_name", "project_version", "http_api_version", "project_docs", "url", "settings", "capabilities"],
  ),
  Heartbeats: { type: "object", additionalProperties: BOOLEAN },
  Version: object({ name: STRING, version: STRING }, ["name", "version"]),
  Search: object(SEARCH_FIELDS, [], {
    ...ALONE,
    ...exampleOf("Search"),
    description: "A search in OpenSearch's query language.",
  }),
  Searches: object({ searches: list(ref("Search")) }, ["searches"], {
    ...ALONE,
    ...exampleOf("Searches"),
    description: "Several searches.",
  }),
  ScopeSearch: object(
    {
      ...SEARCH_FIELDS,
      type: { anyOf: [STRING, list(STRING)] },
      limit: { ...COUNT, maximum: MAX_RESULT_WINDOW },
      offset: { ...COUNT, maximum: MAX_RESULT_WINDOW },
      all_projects: BOOLEAN,
    },
    [],
    { ...ALONE, ...exampleOf("ScopeSearch"), description: "A search of several collections." },
  ),
  SearchAnswer: object(
    {
      took: COUNT,
      timed_out: BOOLEAN,
      _shards: OBJECT,
      hits: object(
        {
          total: object({ value: COUNT, relation: { enum: ["eq", "gte"] } }, ["value", "relation"]),
          max_score: { type: ["number", "null"] },
          hits: list(
            object(
              {
                _index: STRING,
                _type: STRING,
                _uri: STRING,
                _id: STRING,
                _score: { type: ["number", "null"] },
                _source: OBJECT,
                sort: list({}),
                highlight: OBJECT,
                _explanation: { anyOf: [ref("Explanation"), { type: "null" }] },
              },
              ["_index", "_id", "_score"],
            ),
          ),
        },
        ["max_score", "hits"],
      ),
      aggregations: { type: "object", additionalProperties: OBJECT },
      facets: { type: "object", additionalProperties: list(object({ value: {}, count: COUNT }, ["value", "count"])) },
      suggest: OBJECT,
      reflects: object({ timestamp: STRING, lag: COUNT, collections: OBJECT }, ["lag"], {
        description: "The list timestamps that the answer reflects, and the milliseconds by which it is behind.",
      }),
    },
    ["took", "hits", "reflects"],
  ),
  Explanation: object({ value: { type: "number" }, description: STRING, details: list(ref("Explanation")) }, [
    "value",
    "description",
    "details",
  ]),
  SearchAnswers: object({ took: COUNT, responses: list(OBJECT) }, ["took", "responses"]),
  SearchCount: object({ count: COUNT, relation: { const: "gte" }, _shards: OBJECT }, ["count"]),
  SearchTypes: object({ plugins: list(object({ name: STRING, type: STRING, about: STRING }, ["name", "type"])) }, [
    "plugins",
  ]),
  SearchFacets: {
    type: "object",
    additionalProperties: object({ doc_count: COUNT, facets: list(OBJECT) }, ["doc_count"]),
  },
  ...JOB_SCHEMAS,
  Error: object(
    {
      code: INTEGER,
      errno: INTEGER,
      error: STRING,
      message: STRING,
      info: STRING,
      details: {
        anyOf: [OBJECT, list(ref("Issue"))],
        description: "The missing object, the existing one, or every issue of the request.",
      },
    },
    ["code", "errno", "error"],
    ALONE,
  ),
  Issue: object(
    {
      location: { enum: ["body", "querystring", "header", "path", "method"] },
      name: { type: ["string", "null"] },
      description: STRING,
    },
    ["location", "name", "description"],
    ALONE,
  ),
});
