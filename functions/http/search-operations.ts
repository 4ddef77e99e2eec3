import type { ErrorName } from "../../core/errors.ts";
import { type Operation, ref, type Schema } from "./operation.ts";

const FAILS: readonly ErrorName[] = [
  "MISSING_AUTH_TOKEN",
  "FORBIDDEN",
  "INVALID_RESOURCE_ID",
  "MISSING_RESOURCE",
  "UNSUPPORTED_MEDIA_TYPE",
];
const READING_FAILS: readonly ErrorName[] = ["MISSING_AUTH_TOKEN", "FORBIDDEN"];

const CURRENT = ["ETag", "Last-Modified", "Cache-Control"];

const parameter = (name: string, description: string, schema: Schema): Schema => ({
  name,
  in: "query",
  description,
  schema,
});
const BOOLEAN: Schema = { type: "boolean" };

const TEXT: Schema = { type: "string" };
const AFTER = parameter("after", "The ETag that the answer must reflect, at least.", {
  type: "string",
  pattern: '^("\\d{1,15}"|\\d{1,15})$',
});

export const SEARCH_WORDS: Operation = {
  id: "search_records_by_words",
  tag: "Search",
  about: "Searches the records of a collection by words.",
  parameters: ["_fields", "filters"],
  own: [
    parameter("q", "What a person types.", TEXT),
    parameter("sort", "Fields to sort by, separated by commas; - before a field sorts in descending order.", TEXT),
    parameter("limit", "The maximum number of hits.", { type: "integer", minimum: 0, maximum: 10_000 }),
    parameter("offset", "The number of hits to skip.", { type: "integer", minimum: 0, maximum: 10_000 }),
    parameter("facets", "Fields whose values are counted, separated by commas.", TEXT),
    parameter("highlight", "Whether to mark what was found.", BOOLEAN),
    parameter("explain", "Whether to say why each hit has its score.", BOOLEAN),
    AFTER,
  ],
  responses: { 200: { about: "The records that match.", headers: CURRENT, schema: ref("SearchAnswer") } },
  fails: [...FAILS, "INDEX_BEHIND"],
};

export const SEARCH: Operation = {
  own: [AFTER],
  id: "search_records",
  tag: "Search",
  about: "Searches the records of a collection.",
  body: { "application/json": ref("Search") },
  responses: { 200: { about: "The records that match.", headers: CURRENT, schema: ref("SearchAnswer") } },
  fails: [...FAILS, "INDEX_BEHIND"],
};

export const COUNT: Operation = {
  own: [AFTER],
  id: "count_found_records",
  tag: "Search",
  about: "Counts the records of a collection that match.",
  body: { "application/json": ref("Search") },
  responses: { 200: { about: "The number of records that match.", headers: CURRENT, schema: ref("SearchCount") } },
  fails: [...FAILS, "INDEX_BEHIND"],
};

export const SEARCHES: Operation = {
  own: [AFTER],
  id: "search_records_many",
  tag: "Search",
  about: "Runs several searches of a collection.",
  body: { "application/json": ref("Searches") },
  responses: { 200: { about: "The answer to each search, or its error.", schema: ref("SearchAnswers") } },
  fails: [...FAILS, "INDEX_BEHIND"],
};

export const SEARCH_BUCKET: Operation = {
  id: "search_bucket",
  tag: "Search",
  about: "Searches the records of all collections of a bucket.",
  body: { "application/json": ref("ScopeSearch") },
  responses: { 200: { about: "The records that match.", headers: ["Cache-Control"], schema: ref("SearchAnswer") } },
  fails: FAILS,
};

export const SEARCH_EVERYWHERE: Operation = {
  id: "search_everywhere",
  tag: "Search",
  about: "Searches all records that are shared with the user.",
  body: { "application/json": ref("ScopeSearch") },
  responses: { 200: { about: "The records that match.", headers: ["Cache-Control"], schema: ref("SearchAnswer") } },
  fails: FAILS,
};

export const LIST_TYPES: Operation = {
  id: "list_search_types",
  tag: "Search",
  about: "Lists the types that can be searched, and their plugins.",
  responses: { 200: { about: "The types.", schema: ref("SearchTypes") } },
};

export const LIST_FACETS: Operation = {
  id: "list_search_facets",
  tag: "Search",
  about: "Lists the fields of each type, with the values of those that have few.",
  own: [
    parameter("type", "Only these types, separated by commas.", { type: "string" }),
    parameter("all_projects", "Everything that settings let an administrator read.", BOOLEAN),
    parameter("include_fields", "Whether to list the fields. Default: true.", BOOLEAN),
    parameter("exclude_options", "Whether to leave out the values.", BOOLEAN),
    parameter("limit_terms", "The maximum number of values of a field.", {
      type: "integer",
      minimum: 0,
      maximum: 1000,
    }),
  ],
  responses: { 200: { about: "The fields by type.", headers: ["Cache-Control"], schema: ref("SearchFacets") } },
  fails: READING_FAILS,
};
