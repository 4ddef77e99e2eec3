import { flawAt, notMapping, requireNoOthers } from "../../core/objects/body-flaws.ts";
import { shown } from "../../core/objects/draft.ts";
import type { Patch } from "../../core/objects/patch.ts";
import { given, readBody } from "../../core/objects/read-draft.ts";
import type { Resource } from "../../core/resources.ts";
import { isObject, type Json } from "../../lib/json.ts";
import type { PatchOperation } from "../../lib/json-patch.ts";
import { type HttpRequest, mediaType } from "../http/request.ts";

/** Reads what PATCH is to change: what the body means depends on its media type. */
export const readPatch = (kind: Resource, request: HttpRequest): Patch => {
  const type = mediaType(request);
  if (type === "application/json-patch+json") return { kind: "operations", operations: readOperations(request.json()) };
  const { data, permissions } = readBody(kind, request.json());
  const changes = data !== undefined && { data };
  if (type === "application/merge-patch+json")
    return { kind: "merge", ...changes, ...(permissions !== undefined && { permissions }) };
  return { kind: "fields", ...changes, ...(permissions !== undefined && { permissions: given(permissions) }) };
};

export const PATCH_TYPES = ["application/json", "application/merge-patch+json", "application/json-patch+json"] as const;

/** The id that posted data brings, whatever else is wrong with the body. */
export const postedId = (body: Json | undefined): string | undefined => {
  const id = isObject(body) && isObject(body.data) ? body.data.id : undefined;
  if (id === undefined) return undefined;
  // What is no string is no id; this is none either, and is refused where ids are checked.
  return typeof id === "string" ? id : "";
};

const OPERATIONS = ["test", "add", "remove", "replace", "move", "copy"];

const readOperations = (body: Json | undefined): readonly PatchOperation[] => {
  if (!Array.isArray(body)) throw flawAt("", body === undefined ? "Required" : `${shown(body)} is not iterable`);
  return body.map((operation, place) => {
    if (!isObject(operation)) throw flawAt(String(place), notMapping(operation));
    const { op, path, from, value, ...others } = operation;
    requireNoOthers(String(place), others);
    if (typeof op !== "string" || !OPERATIONS.includes(op)) {
      throw flawAt(
        `${place}.op`,
        op === undefined ? "Required" : `${shown(op)} is not one of ${OPERATIONS.join(", ")}`,
      );
    }
    const pointer = readPointer(`${place}.path`, path);
    const source = from === undefined ? undefined : readPointer(`${place}.from`, from);
    return { op, path: pointer, ...(source !== undefined && { from: source }), ...(value !== undefined && { value }) };
  });
};

const readPointer = (name: string, pointer: Json | undefined): string => {
  if (pointer === undefined || pointer === null || pointer === "") throw flawAt(name, "Required");
  if (typeof pointer !== "string") throw flawAt(name, `${shown(pointer)} is not a string`);
  if (!pointer.startsWith("/")) throw flawAt(name, "String does not match expected pattern");
  return pointer;
};
