import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { type Failure, invalid, type RequestIssue } from "../errors.ts";
import { EVERYONE, findPrincipalIssue } from "../permissions/principals.ts";
import type { Acl } from "../ports/store.ts";
import type { Resource, ResourceName } from "../resources.ts";
import { validateMetadata } from "./object-schemas.ts";

/** What a request brings to be stored; what it does not mention stays. */
export interface Draft {
  readonly data?: JsonObject;
  readonly permissions?: Acl;
}

/** A draft whose data is such as this resource may have, whatever its parents demand. */
export const validateDraft = async (resource: ResourceName, draft: Draft): Promise<Draft> =>
  draft.data === undefined
    ? draft
    : { ...draft, data: await validateMetadata(resource, prepareData(resource, draft.data)) };

/** `data` made ready to be stored as this resource. @param under what names in messages begin with */
export const prepareData = (resource: ResourceName, data: JsonObject, under = "data."): JsonObject =>
  resource === "group" ? withMembers(data, under) : data;

/** A group's `members` are user ids: neither groups nor everyone. */
const withMembers = (data: JsonObject, under: string): JsonObject => {
  const { members = [] } = data;
  if (!Array.isArray(members)) throw invalid(bodyIssue(`${under}members`, `${quoteValue(members)} is not iterable`));
  for (const [place, member] of members.entries()) {
    const wrong =
      findPrincipalIssue(member) ?? (isUserId(String(member)) ? undefined : `'${member}' is not a valid user ID.`);
    if (wrong !== undefined) throw invalid(bodyIssue(`${under}members.${place}`, wrong));
  }
  return { ...data, members };
};

const isUserId = (principal: string): boolean => !principal.startsWith("/buckets/") && principal !== EVERYONE;

/** A value as messages quote it. */
export const quoteValue = (value: Json): string =>
  JSON.stringify((typeof value === "string" ? value : JSON.stringify(value)).slice(0, 100));

const bodyIssue = (name: string, description: string): RequestIssue => ({ location: "body", name, description });

/** Something that is wrong with a body. @param name where: keys and places, joined by dots */
export const invalidBody = (name: string, description: string): Failure =>
  invalid({ location: "body", name, description });

export const notMappingMessage = (value: Json): string =>
  `${quoteValue(value)} is not a mapping type: Does not implement dict-like functionality.`;

/** Refuses keys that mean nothing. */
export const rejectUnknownKeys = (name: string, others: JsonObject): void => {
  if (Object.keys(others).length > 0)
    throw invalidBody(name, `Unrecognized keys in mapping: ${JSON.stringify(Object.keys(others))}`);
};

/** The permissions after PUT: those given replace all there were; none given leave them. */
export const replaceAcl = (old: Acl, given: Acl | undefined): Acl =>
  given === undefined || Object.keys(given).length === 0 ? old : given;

/** Permissions as they are stored: emptied ones vanish, and the editor, if any, keeps `write`. */
export const normalizeAcl = (acl: Acl, editor: string | undefined): Acl =>
  Object.fromEntries(
    Object.entries(editor === undefined ? acl : { ...acl, write: [...(acl.write ?? []), editor] })
      .filter(([, principals]) => principals.length > 0)
      .map(([permission, principals]) => [permission, [...new Set(principals)]]),
  );

/** Reads `{data, permissions}` out of a body; an empty body says nothing, nor does a permission of `null`. */
export const readDraft = (kind: Resource, body: Json | undefined): Draft => {
  const { data, permissions } = readBody(kind, body);
  return {
    ...(data !== undefined && { data }),
    ...(permissions !== undefined && { permissions: dropNullPermissions(permissions) }),
  };
};

type Permissions = Readonly<Record<string, readonly string[] | null>>;

/** Permissions without those of `null`. */
export const dropNullPermissions = (permissions: Permissions): Acl =>
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
    throw invalidBody(
      "",
      typeof body === "object" && body !== null ? notMappingMessage(body) : "Should be a JSON object or an array",
    );
  const { data, permissions, ...others } = body;
  rejectUnknownKeys("", others);
  if (data !== undefined && !isObject(data)) throw invalidBody("data", notMappingMessage(data));
  return { data, permissions: permissions === undefined ? undefined : readPermissions(kind, permissions) };
};

const readPermissions = ({ permissions: known }: Resource, permissions: Json): Permissions => {
  if (!isObject(permissions)) throw invalidBody("permissions", notMappingMessage(permissions));
  return Object.fromEntries(
    Object.entries(permissions).map(([permission, principals]) => {
      if (!known.includes(permission))
        throw invalidBody("permissions", `${JSON.stringify(permission)} is not one of ${known.join(", ")}`);
      const name = `permissions.${permission}`;
      if (principals === null) return [permission, null];
      if (!Array.isArray(principals)) throw invalidBody(name, `${quoteValue(principals)} is not iterable`);
      for (const [place, principal] of principals.entries()) {
        const wrong = findPrincipalIssue(principal);
        if (wrong !== undefined) throw invalidBody(`${name}.${place}`, wrong);
      }
      return [permission, principals.map(String)];
    }),
  );
};
