import type { Json, JsonObject } from "../../lib/json.ts";
import type { ObjectRef } from "../resources.ts";
import type { SearchScope } from "./find-targets.ts";
import { getOwn, joinPath, readBoolean, readList, readObject, readString, searchIssue } from "./read-body.ts";

/** Maximum number of types of one search. */
const MAX_TYPES = 100;

/** A search of several collections: their scope, and the body of a search. */
export interface ScopeSearch {
  readonly scope: SearchScope;
  readonly search: JsonObject;
}

/**
 * Parses the body of a search of several collections, with Searchlight's fields: `type`, `all_projects`, `limit` and
 * `offset` beside those of a search of one.
 * @param bucket `undefined` for all buckets, which alone can have `all_projects`
 */
export const parseScopeSearch = (body: Json | undefined, bucket: ObjectRef | undefined): ScopeSearch => {
  const { type, all_projects: allProjects, limit, offset, ...search } = readObject(body ?? {}, "");
  if (bucket !== undefined && allProjects !== undefined)
    throw searchIssue("all_projects", "is for POST /search. Here it is not needed: all of the bucket is searched");
  return {
    scope: {
      bucket,
      types: type === undefined ? undefined : parseTypes(type, "type"),
      allProjects: readBoolean(allProjects, "all_projects", false),
    },
    search: {
      ...search,
      ...renamed(search, "limit", limit, "size"),
      ...renamed(search, "offset", offset, "from"),
    },
  };
};

/** One type or several, by name. */
const parseTypes = (value: Json, path: string): readonly string[] =>
  typeof value === "string"
    ? [readString(value, path)]
    : readList(value, path, MAX_TYPES).map((item, index) => readString(item, joinPath(path, index)));

/** Searchlight's name of a field, and OpenSearch's. */
const renamed = (search: JsonObject, name: string, value: Json | undefined, to: string): JsonObject => {
  if (value === undefined) return {};
  if (getOwn(search, to) !== undefined) throw searchIssue(name, `is the same as ${to}. Use only one of them`);
  return { [to]: value };
};
