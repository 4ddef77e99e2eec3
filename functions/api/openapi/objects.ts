import type { Resource } from "../../../core/resources.ts";
import { capitalize } from "../../../lib/util/capitalize.ts";
import { withArticle } from "../../../lib/util/with-article.ts";
import { type Operation, type OperationResponse, ref, type Schema } from "../../http/operation.ts";
import { PATCH_TYPES } from "../patch.ts";

/** Headers with the timestamp of an object or a list. */
export const TIMESTAMP_HEADERS = ["ETag", "Last-Modified"] as const;

export const PRECONDITIONS = ["If-Match", "If-None-Match"] as const;
/** Errors of resources, besides the common ones. */
export const RESOURCE_ERRORS = [
  "MISSING_AUTH_TOKEN",
  "FORBIDDEN",
  "INVALID_RESOURCE_ID",
  "MISSING_RESOURCE",
  "MODIFIED_MEANWHILE",
] as const;
export const UNCHANGED: OperationResponse = {
  about: "Not modified since If-None-Match.",
  headers: [...TIMESTAMP_HEADERS, "Cache-Control"],
};

/**
 * The name of a resource's schema, such as `Bucket`. A plugin's keeps its case, so that no two schemas have one name.
 */
export const titleOf = ({ name, plugin: added }: Resource): string => (added === undefined ? capitalize(name) : name);

/** The tag of a resource's operations, such as `Buckets`. */
export const tagOf = ({ plural }: Resource): string => capitalize(plural);

/** The operation of a method of an object. */
export const objectOperation = (method: string, resource: Resource): Operation => {
  const { name } = resource;
  const title = titleOf(resource);
  const common = { tag: tagOf(resource), parameters: PRECONDITIONS, fails: RESOURCE_ERRORS };
  const success = (about: string): OperationResponse => ({
    about,
    headers: TIMESTAMP_HEADERS,
    schema: ref(`${title}Answer`),
  });
  switch (method) {
    case "PUT":
      return {
        ...common,
        id: `update_${name}`,
        about: `Creates ${withArticle(name)}, or replaces it.`,
        body: { "application/json": ref(`${title}Draft`) },
        responses: { 200: success("It is replaced."), 201: success("It is created.") },
        fails: [...RESOURCE_ERRORS, "UNSUPPORTED_MEDIA_TYPE"],
      };
    case "PATCH":
      return {
        ...common,
        id: `patch_${name}`,
        about: `Changes parts of ${withArticle(name)}.`,
        parameters: [...PRECONDITIONS, "Response-Behavior"],
        body: Object.fromEntries(PATCH_TYPES.map((type) => [type, bodyOf(type, title)])),
        responses: {
          200: { ...success("It is changed."), schema: { anyOf: [ref(`${title}Answer`), ref("PatchAnswer")] } },
        },
        fails: [...RESOURCE_ERRORS, "UNSUPPORTED_MEDIA_TYPE"],
      };
    case "DELETE":
      return {
        ...common,
        id: `delete_${name}`,
        about: `Deletes ${withArticle(name)}${resource.children.length === 0 ? "" : " and everything in it"}.`,
        parameters: [...PRECONDITIONS, "deletion_time"],
        responses: { 200: { about: "It is deleted.", headers: TIMESTAMP_HEADERS, schema: ref("TombstoneAnswer") } },
      };
    default:
      return {
        ...common,
        id: `get_${name}`,
        about: `Reads ${withArticle(name)}.`,
        parameters: [...PRECONDITIONS, "_fields", "_at"],
        responses: {
          200: {
            ...success(`The ${name}.`),
            headers: [...TIMESTAMP_HEADERS, "Cache-Control"],
            schema: { anyOf: [ref(`${title}Answer`), ref("FieldsAnswer")] },
          },
          304: UNCHANGED,
        },
      };
  }
};

const bodyOf = (type: (typeof PATCH_TYPES)[number], title: string): Schema => {
  if (type === "application/json-patch+json") return ref("Patch");
  return type === "application/merge-patch+json"
    ? ref(`${title}Merge`)
    : { allOf: [ref(`${title}Draft`)], minProperties: 1 };
};
