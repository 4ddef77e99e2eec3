import { type HttpRequest, mediaType } from "../../app/http/request.ts";
import { isObject, type Json, type JsonObject } from "../../core/json.ts";
import { type Draft, shown } from "../../core/objects/draft.ts";
import type { PatchOperation } from "../../core/objects/json-patch.ts";
import type { Patch } from "../../core/objects/patch.ts";
import { principalFlaw } from "../../core/permissions/principals.ts";
import type { Resource } from "../../core/resources.ts";
import type { Acl } from "../../core/store/store.ts";
import { flawAt, notMapping, requireNoOthers } from "./body-flaws.ts";

/** Reads `{data, permissions}` out of a body; an empty body says nothing, nor does a permission of `null`. */
export const readDraft = (kind: Resource, body: Json | undefined): Draft => {
  const { data, permissions } = readBody(kind, body);
  return { ...(data !== undefined && { data }), ...(permissions !== undefined && { permissions: given(permissions) }) };
};

/** Reads what PATCH is to change: what the body means depends on its media type. */
export const readPatch = (kind: Resource, request: HttpRequest): Patch => {
  const type = mediaType(request);
  if (type === "application/json-patch+json") return { kind: "operations", operations: readOperations(request.json()) };
  const { data, permissions } = readBody(kind, request.json());
  const changes = data !== undefined && { data };
  if (type === "application/merge-patch+json") return { kind: "merge", ...changes, ...(permissions !== undefined && { permissions }) };
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

type Permissions = Readonly<Record<string, readonly string[] | null>>;

const given = (permissions: Permissions): Acl =>
  Object.fromEntries(Object.entries(permissions).flatMap(([name, principals]) => (principals === null ? [] : [[name, principals]])));

const readBody = (kind: Resource, body: Json | undefined): { data: JsonObject | undefined; permissions: Permissions | undefined } => {
  if (body === undefined) return { data: undefined, permissions: undefined };
  if (!isObject(body)) throw flawAt("", typeof body === "object" && body !== null ? notMapping(body) : "Should be a JSON object or an array");
  const { data, permissions, ...others } = body;
  requireNoOthers("", others);
  if (data !== undefined && !isObject(data)) throw flawAt("data", notMapping(data));
  return { data, permissions: permissions === undefined ? undefined : readPermissions(kind, permissions) };
};

const readPermissions = ({ permissions: known }: Resource, permissions: Json): Permissions => {
  if (!isObject(permissions)) throw flawAt("permissions", notMapping(permissions));
  return Object.fromEntries(
    Object.entries(permissions).map(([permission, principals]) => {
      if (!known.includes(permission)) throw flawAt("permissions", `${JSON.stringify(permission)} is not one of ${known.join(", ")}`);
      const name = `permissions.${permission}`;
      if (principals === null) return [permission, null];
      if (!Array.isArray(principals)) throw flawAt(name, `${shown(principals)} is not iterable`);
      for (const [place, principal] of principals.entries()) {
        const wrong = principalFlaw(principal);
        if (wrong !== undefined) throw flawAt(`${name}.${place}`, wrong);
      }
      return [permission, principals.map(String)];
    }),
  );
};

const OPERATIONS = ["test", "add", "remove", "replace", "move", "copy"];

const readOperations = (body: Json | undefined): readonly PatchOperation[] => {
  if (!Array.isArray(body)) throw flawAt("", body === undefined ? "Required" : `${shown(body)} is not iterable`);
  return body.map((operation, place) => {
    if (!isObject(operation)) throw flawAt(String(place), notMapping(operation));
    const { op, path, from, value, ...others } = operation;
    requireNoOthers(String(place), others);
    if (typeof op !== "string" || !OPERATIONS.includes(op)) {
      throw flawAt(`${place}.op`, op === undefined ? "Required" : `${shown(op)} is not one of ${OPERATIONS.join(", ")}`);
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
