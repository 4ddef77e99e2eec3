import { invalid } from "../../core/errors.ts";
import {
  dropNullPermissions,
  invalidBody,
  notMappingMessage,
  quoteValue,
  readBody,
  rejectUnknownKeys,
} from "../../core/objects/draft.ts";
import type { Patch } from "../../core/objects/patch-object.ts";
import type { Resource } from "../../core/resources.ts";
import { isObject, type Json } from "../../lib/json.ts";
import type { PatchOperation } from "../../lib/json-patch.ts";
import { type HttpRequest, mediaType } from "../http/request.ts";

/** Reads the body of a PATCH, by its media type. */
export const readPatch = (resource: Resource, request: HttpRequest): Patch => {
  const type = mediaType(request);
  if (type === "application/json-patch+json") return { kind: "operations", operations: readOperations(request.json()) };
  const { data, permissions } = readBody(resource, request.json());
  const changes = data !== undefined && { data };
  if (type === "application/merge-patch+json")
    return { kind: "merge", ...changes, ...(permissions !== undefined && { permissions }) };
  return {
    kind: "fields",
    ...changes,
    ...(permissions !== undefined && { permissions: dropNullPermissions(permissions) }),
  };
};

export const PATCH_TYPES = ["application/json", "application/merge-patch+json", "application/json-patch+json"] as const;

export const BEHAVIORS = ["full", "light", "diff"] as const;

/** Reads the `Response-Behavior` header. */
export const readBehavior = ({ headers }: HttpRequest): (typeof BEHAVIORS)[number] => {
  const name = "Response-Behavior";
  const value = headers["response-behavior"] || "full";
  const behavior = BEHAVIORS.find((one) => one === value);
  if (behavior === undefined)
    throw invalid({
      location: "header",
      name,
      description: `${JSON.stringify(value)} is not one of ${BEHAVIORS.join(", ")}`,
    });
  return behavior;
};

const OPERATIONS = ["test", "add", "remove", "replace", "move", "copy"];

const readOperations = (body: Json | undefined): readonly PatchOperation[] => {
  if (!Array.isArray(body))
    throw invalidBody("", body === undefined ? "Required" : `${quoteValue(body)} is not iterable`);
  return body.map((operation, index) => {
    if (!isObject(operation)) throw invalidBody(String(index), notMappingMessage(operation));
    const { op, path, from, value, ...others } = operation;
    rejectUnknownKeys(String(index), others);
    if (typeof op !== "string" || !OPERATIONS.includes(op)) {
      throw invalidBody(
        `${index}.op`,
        op === undefined ? "Required" : `${quoteValue(op)} is not one of ${OPERATIONS.join(", ")}`,
      );
    }
    const pointer = readPointer(`${index}.path`, path);
    const source = from === undefined ? undefined : readPointer(`${index}.from`, from);
    return { op, path: pointer, ...(source !== undefined && { from: source }), ...(value !== undefined && { value }) };
  });
};

const readPointer = (name: string, pointer: Json | undefined): string => {
  if (pointer === undefined || pointer === null || pointer === "") throw invalidBody(name, "Required");
  if (typeof pointer !== "string") throw invalidBody(name, `${quoteValue(pointer)} is not a string`);
  if (!pointer.startsWith("/")) throw invalidBody(name, "String does not match expected pattern");
  return pointer;
};
