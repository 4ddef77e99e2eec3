import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { principalFlaw } from "../permissions/principals.ts";
import type { Acl } from "../ports/store.ts";
import type { Resource } from "../resources.ts";
import { flawAt, notMapping, requireNoOthers } from "./body-flaws.ts";
import { type Draft, shown } from "./draft.ts";

/** Reads `{data, permissions}` out of a body; an empty body says nothing, nor does a permission of `null`. */
export const readDraft = (kind: Resource, body: Json | undefined): Draft => {
  const { data, permissions } = readBody(kind, body);
  return { ...(data !== undefined && { data }), ...(permissions !== undefined && { permissions: given(permissions) }) };
};

type Permissions = Readonly<Record<string, readonly string[] | null>>;

/** Permissions without those of `null`. */
export const given = (permissions: Permissions): Acl =>
  Object.fromEntries(
    Object.entries(permissions).flatMap(([name, principals]) => (principals === null ? [] : [[name, principals]])),
  );

/** Reads a body whose permissions may be `null`, which a merge takes for an end. */
export const readBody = (
  kind: Resource,
  body: Json | undefined,
): { data: JsonObject | undefined; permissions: Permissions | undefined } => {
  if (body === undefined) return { data: undefined, permissions: undefined };
  if (!isObject(body))
    throw flawAt(
      "",
      typeof body === "object" && body !== null ? notMapping(body) : "Should be a JSON object or an array",
    );
  const { data, permissions, ...others } = body;
  requireNoOthers("", others);
  if (data !== undefined && !isObject(data)) throw flawAt("data", notMapping(data));
  return { data, permissions: permissions === undefined ? undefined : readPermissions(kind, permissions) };
};

const readPermissions = ({ permissions: known }: Resource, permissions: Json): Permissions => {
  if (!isObject(permissions)) throw flawAt("permissions", notMapping(permissions));
  return Object.fromEntries(
    Object.entries(permissions).map(([permission, principals]) => {
      if (!known.includes(permission))
        throw flawAt("permissions", `${JSON.stringify(permission)} is not one of ${known.join(", ")}`);
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
