import { type CoreResource, isCore, type Resource, type Resources } from "../../../core/resources.ts";
import { MOST_HITS } from "../../../core/search/request.ts";
import { METHODS } from "../batch.ts";
import { JOB_SCHEMAS } from "./jobs.ts";
import { ref, type Schema } from "./operation.ts";

/** Letters, digits, `_` and `-`, beginning with a letter or digit. */
export const ID_PATTERN = "^[a-zA-Z0-9][a-zA-Z0-9_-]{0,255}$";

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** What a resource's schemas are called: `Bucket`; of a plugin's its name as it is, so that it can't be that of another schema. */
export const titleOf = ({ name, added }: Resource): string => (added === undefined ? capital(name) : name);

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

/** What the protocol knows of a resource's data; everything else is the client's. */
const KNOWN: Readonly<Record<CoreResource, Readonly<Record<string, Schema>>>> = {
  bucket: {},
  group: { members: list(PRINCIPAL, { description: "User ids." }) },
  collection: {
    schema: { type: "object", description: "A JSON Schema that records must meet." },
    cache_expires: { type: "integer", description: "Seconds for which an answer that anybody may read may be kept." },
  },
  record: {},
};

const schemasOf = (kind: Resource): Readonly<Record<string, Schema>> => {
  const name = titleOf(kind);
  const { permissions } = kind;
  const known = isCore(kind.name) ? KNOWN[kind.name] : {};
  const given = object(
    Object.fromEntries(permissions.map((permission) => [permission, { type: ["array", "null"], items: PRINCIPAL }])),
    [],
    ALONE,
  );
  return {
    [name]: object(
      { ...known, id: ref("Id"), last_modified: ref("Timestamp") },
      ["id", "last_modified"],
      kind.added && { description: kind.added.about },
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
      { data: object({ ...known, id: ref("Id"), last_modified: ref("Timestamp") }), permissions: given },
      [],
      ALONE,
    ),
    [`${name}Merge`]: object({ data: OBJECT, permissions: given }, [], {
      ...ALONE,
      minProperties: 1,
      description: "RFC 7396: what is null is taken away.",
    }),
  };
};

const TEXTS: Schema = { type: "object", additionalProperties: STRING };

/** A request of a batch, or what its requests have in common. */
const request = (): Schema =>
  object(
    { method: { enum: METHODS }, path: { type: "string", pattern: "^/" }, headers: TEXTS, body: OBJECT },
    [],
    ALONE,
  );

/** The document's schemas, by name. */
export const schemas = ({ all }: Resources): Readonly<Record<string, Schema>> => ({
  Id: { type: "string", pattern: ID_PATTERN },
  Timestamp: {
    type: "integer",
    minimum: 0,
    description: "When an object or a list last changed, in milliseconds since 1970.",
  },
  Tombstone: object({ id: ref("Id"), last_modified: ref("Timestamp"), deleted: { const: true } }, [
    "id",
    "last_modified",
    "deleted",
  ]),
  TombstoneAnswer: object({ data: ref("Tombstone") }, ["data"], ALONE),
  TombstoneList: object({ data: list(ref("Tombstone")) }, ["data"], ALONE),
  ...Object.assign({}, ...all.map(schemasOf)),
  FieldsAnswer: object({ data: OBJECT }, ["data"], { ...ALONE, description: "The fields that `_fields` asked for." }),
  PatchAnswer: object({ data: OBJECT }, ["data"], {
    ...ALONE,
    description: "The fields that changed (light), or became other than was asked for (diff).",
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
    { description: "RFC 6902, on an object with data and permissions." },
  ),
  Pointer: { type: "string", pattern: "^/" },
  Batch: object({ defaults: request(), requests: list(request()) }, ["requests"], ALONE),
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
        additionalProperties: object({ description: STRING, url: STRING, version: STRING }, ["description", "url"]),
      },
      user: object({ id: STRING, principals: list(STRING) }, ["id", "principals"]),
    },
    ["project_name", "project_version", "http_api_version", "project_docs", "url", "settings", "capabilities"],
  ),
  Heartbeats: { type: "object", additionalProperties: BOOLEAN },
  Version: object({ name: STRING, version: STRING }, ["name", "version"]),
  Search: object(
    {
      query: OBJECT,
      from: { ...COUNT, maximum: MOST_HITS },
      size: { ...COUNT, maximum: MOST_HITS },
      sort: {},
      aggs: OBJECT,
      aggregations: OBJECT,
      _source: {},
      track_total_hits: BOOLEAN,
    },
    [],
    { ...ALONE, description: "A search in OpenSearch's query language." },
  ),
  SearchAnswer: object(
    {
      took: COUNT,
      timed_out: BOOLEAN,
      _shards: OBJECT,
      hits: object(
        {
          total: object({ value: COUNT, relation: { const: "eq" } }, ["value", "relation"]),
          max_score: { type: ["number", "null"] },
          hits: list(
            object(
              { _index: STRING, _id: STRING, _score: { type: ["number", "null"] }, _source: OBJECT, sort: list({}) },
              ["_index", "_id", "_score"],
            ),
          ),
        },
        ["max_score", "hits"],
      ),
      aggregations: { type: "object", additionalProperties: object({ buckets: list(OBJECT) }, ["buckets"]) },
    },
    ["took", "hits"],
  ),
  ...JOB_SCHEMAS,
  Error: object(
    {
      code: INTEGER,
      errno: INTEGER,
      error: STRING,
      message: STRING,
      info: STRING,
      details: {
        anyOf: [OBJECT, list(ref("Flaw"))],
        description: "What is missing, what is there instead, or each thing that is wrong with the request.",
      },
    },
    ["code", "errno", "error"],
    ALONE,
  ),
  Flaw: object(
    {
      location: { enum: ["body", "querystring", "header", "path", "method"] },
      name: { type: ["string", "null"] },
      description: STRING,
    },
    ["location", "name", "description"],
    ALONE,
  ),
});
