import type { Resource } from "../../../core/resources.ts";
import { PATCH_TYPES } from "../draft.ts";
import { TIMES } from "./headers.ts";
import { type Answered, type Operation, ref, type Schema } from "./operation.ts";
import { capital, titleOf } from "./schemas.ts";

export const PRECONDITIONS = ["If-Match", "If-None-Match"] as const;
/** What resources refuse beside what every endpoint does. */
export const REFUSALS = [
  "MISSING_AUTH_TOKEN",
  "FORBIDDEN",
  "INVALID_RESOURCE_ID",
  "MISSING_RESOURCE",
  "MODIFIED_MEANWHILE",
] as const;
export const UNCHANGED: Answered = { about: "It is as If-None-Match says.", headers: [...TIMES, "Cache-Control"] };

/** The tag of all that concerns a resource: `Buckets`. */
export const tagOf = ({ plural }: Resource): string => capital(plural);

/** What a method of an object takes and answers. */
export const objectOperation = (method: string, kind: Resource): Operation => {
  const { name } = kind;
  const title = titleOf(kind);
  const common = { tag: tagOf(kind), parameters: PRECONDITIONS, fails: REFUSALS };
  const told = (about: string): Answered => ({ about, headers: TIMES, schema: ref(`${title}Answer`) });
  switch (method) {
    case "PUT":
      return {
        ...common,
        id: `update_${name}`,
        about: `Creates a ${name}, or replaces it.`,
        body: { "application/json": ref(`${title}Draft`) },
        answers: { 200: told("It is replaced."), 201: told("It is created.") },
        fails: [...REFUSALS, "UNSUPPORTED_MEDIA_TYPE"],
      };
    case "PATCH":
      return {
        ...common,
        id: `patch_${name}`,
        about: `Changes parts of a ${name}.`,
        parameters: [...PRECONDITIONS, "Response-Behavior"],
        body: Object.fromEntries(PATCH_TYPES.map((type) => [type, bodyOf(type, title)])),
        answers: { 200: { ...told("It is changed."), schema: { anyOf: [ref(`${title}Answer`), ref("PatchAnswer")] } } },
        fails: [...REFUSALS, "UNSUPPORTED_MEDIA_TYPE"],
      };
    case "DELETE":
      return {
        ...common,
        id: `delete_${name}`,
        about: kind.children.length === 0 ? `Deletes a ${name}.` : `Deletes a ${name} and all that is in it.`,
        parameters: [...PRECONDITIONS, "deletion_time"],
        answers: { 200: { about: "It is deleted.", headers: TIMES, schema: ref("TombstoneAnswer") } },
      };
    default:
      return {
        ...common,
        id: `get_${name}`,
        about: `Reads a ${name}.`,
        parameters: [...PRECONDITIONS, "_fields"],
        answers: {
          200: {
            ...told(`The ${name}.`),
            headers: [...TIMES, "Cache-Control"],
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
