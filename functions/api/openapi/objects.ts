import { RESOURCES, type ResourceName } from "../../../core/resources.ts";
import { PATCH_TYPES } from "../draft.ts";
import { TIMES } from "./headers.ts";
import { type Answered, type Operation, ref, type Schema } from "./operation.ts";
import { titleOf } from "./schemas.ts";

export const PRECONDITIONS = ["If-Match", "If-None-Match"] as const;
/** What resources refuse beside what every endpoint does. */
export const REFUSALS = ["MISSING_AUTH_TOKEN", "FORBIDDEN", "INVALID_RESOURCE_ID", "MISSING_RESOURCE", "MODIFIED_MEANWHILE"] as const;
export const UNCHANGED: Answered = { about: "It is as If-None-Match says.", headers: [...TIMES, "Cache-Control"] };

/** The tag of all that concerns a resource: `Buckets`. */
export const tagOf = (resource: ResourceName): string => `${titleOf(resource)}s`;

/** What a method of an object takes and answers. */
export const objectOperation = (method: string, resource: ResourceName): Operation => {
  const name = titleOf(resource);
  const common = { tag: tagOf(resource), parameters: PRECONDITIONS, fails: REFUSALS };
  const told = (about: string): Answered => ({ about, headers: TIMES, schema: ref(`${name}Answer`) });
  switch (method) {
    case "PUT":
      return {
        ...common,
        id: `update_${resource}`,
        about: `Creates a ${resource}, or replaces it.`,
        body: { "application/json": ref(`${name}Draft`) },
        answers: { 200: told("It is replaced."), 201: told("It is created.") },
        fails: [...REFUSALS, "UNSUPPORTED_MEDIA_TYPE"],
      };
    case "PATCH":
      return {
        ...common,
        id: `patch_${resource}`,
        about: `Changes parts of a ${resource}.`,
        parameters: [...PRECONDITIONS, "Response-Behavior"],
        body: Object.fromEntries(PATCH_TYPES.map((type) => [type, bodyOf(type, name)])),
        answers: { 200: { ...told("It is changed."), schema: { anyOf: [ref(`${name}Answer`), ref("PatchAnswer")] } } },
        fails: [...REFUSALS, "UNSUPPORTED_MEDIA_TYPE"],
      };
    case "DELETE":
      return {
        ...common,
        id: `delete_${resource}`,
        about: RESOURCES[resource].children.length === 0 ? `Deletes a ${resource}.` : `Deletes a ${resource} and all that is in it.`,
        parameters: [...PRECONDITIONS, "deletion_time"],
        answers: { 200: { about: "It is deleted.", headers: TIMES, schema: ref("TombstoneAnswer") } },
      };
    default:
      return {
        ...common,
        id: `get_${resource}`,
        about: `Reads a ${resource}.`,
        parameters: [...PRECONDITIONS, "_fields"],
        answers: {
          200: { ...told(`The ${resource}.`), headers: [...TIMES, "Cache-Control"], schema: { anyOf: [ref(`${name}Answer`), ref("FieldsAnswer")] } },
          304: UNCHANGED,
        },
      };
  }
};

const bodyOf = (type: (typeof PATCH_TYPES)[number], name: string): Schema => {
  if (type === "application/json-patch+json") return ref("Patch");
  return type === "application/merge-patch+json" ? ref(`${name}Merge`) : { allOf: [ref(`${name}Draft`)], minProperties: 1 };
};
