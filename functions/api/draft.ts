import { type Flaw, invalid } from "../../core/errors.ts";
import { isObject, type Json, type JsonObject } from "../../core/json.ts";
import { type Draft, shown } from "../../core/objects/draft.ts";
import { principalFlaw } from "../../core/permissions/principals.ts";
import { RESOURCES, type ResourceName } from "../../core/resources.ts";
import type { Acl } from "../../core/store/store.ts";

/** Reads `{data, permissions}` out of a body; an empty body says nothing. */
export const readDraft = (resource: ResourceName, body: Json | undefined): Draft => {
  if (body === undefined) return {};
  if (!isObject(body)) throw invalid(flaw("", typeof body === "object" && body !== null ? notMapping(body) : "Should be a JSON object or an array"));
  const { data, permissions, ...others } = body;
  const [stranger] = Object.keys(others);
  if (stranger !== undefined) throw invalid(flaw("", `Unrecognized keys in mapping: ${JSON.stringify(Object.keys(others))}`));
  return {
    ...(data !== undefined && { data: readData(data) }),
    ...(permissions !== undefined && { permissions: readPermissions(resource, permissions) }),
  };
};

/** As {@link readDraft}, for PATCH: it must say something. */
export const readChanges = (resource: ResourceName, body: Json | undefined): Draft => {
  const draft = readDraft(resource, body);
  if (draft.data === undefined && draft.permissions === undefined) throw invalid(flaw("data", "Provide at least one of data or permissions"));
  return draft;
};

/** The id that posted data brings, whatever else is wrong with the body. */
export const postedId = (body: Json | undefined): string | undefined => {
  const id = isObject(body) && isObject(body.data) ? body.data.id : undefined;
  if (id === undefined) return undefined;
  // What is no string is no id; this is none either, and is refused where ids are checked.
  return typeof id === "string" ? id : "";
};

/** Data without what the store itself writes into it. */
const readData = (data: Json): JsonObject => {
  if (!isObject(data)) throw invalid(flaw("data", notMapping(data)));
  const { last_modified: _, ...own } = data;
  return own;
};

const readPermissions = (resource: ResourceName, given: Json): Acl => {
  if (!isObject(given)) throw invalid(flaw("permissions", notMapping(given)));
  const known = RESOURCES[resource].permissions;
  const acl: Record<string, string[]> = {};
  for (const [permission, principals] of Object.entries(given)) {
    if (!known.includes(permission)) throw invalid(flaw("permissions", `${JSON.stringify(permission)} is not one of ${known.join(", ")}`));
    const name = `permissions.${permission}`;
    if (principals === null) continue;
    if (!Array.isArray(principals)) throw invalid(flaw(name, `${shown(principals)} is not iterable`));
    acl[permission] = principals.map((principal, place) => {
      const wrong = principalFlaw(principal);
      if (wrong !== undefined) throw invalid(flaw(`${name}.${place}`, wrong));
      return String(principal);
    });
  }
  return acl;
};

const flaw = (name: string, description: string): Flaw => ({ location: "body", name, description });
const notMapping = (value: Json) => `${shown(value)} is not a mapping type: Does not implement dict-like functionality.`;
