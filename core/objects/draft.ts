import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { parseStrictJson, StrictJsonError } from "../../lib/strict-json.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import { type Failure, invalid, type RequestIssue } from "../errors.ts";
import { EVERYONE, findPrincipalIssue } from "../permissions/principals.ts";
import type { Acl } from "../ports/store.ts";
import type { Resource, ResourceName } from "../resources.ts";
import { validateMetadata } from "./object-schemas.ts";

/** The data and permissions in a request body. Omitted parts stay as they are. */
export interface Draft {
  readonly data?: JsonObject;
  readonly permissions?: Acl;
}

type NullablePermissions = Readonly<Record<string, readonly string[] | null>>;

/** Maximum characters of a value in a message. */
const MAX_QUOTED_CHARS = 100;

/** Validates a draft's data for its resource, without the schemas of its parents. */
export const validateDraft = async (resource: ResourceName, draft: Draft): Promise<Draft> =>
  draft.data === undefined
    ? draft
    : { ...draft, data: await validateMetadata(resource, prepareData(resource, draft.data)) };

/** Adds and checks the fields that the store needs in `data`. @param prefix the prefix of field names in messages */
export const prepareData = (resource: ResourceName, data: JsonObject, prefix = "data."): JsonObject =>
  resource === "group" ? withMembers(data, prefix) : data;

/** Members of a group are user ids; groups and `system.Everyone` are not allowed. */
const withMembers = (data: JsonObject, prefix: string): JsonObject => {
  const { members = [] } = data;
  if (!Array.isArray(members)) throw invalidBody(`${prefix}members`, `${quoteValue(members)} is not iterable`);
  for (const [index, member] of members.entries()) {
    const issue =
      findPrincipalIssue(member) ?? (isUserId(String(member)) ? undefined : `'${member}' is not a valid user ID.`);
    if (issue !== undefined) throw invalidBody(`${prefix}members.${index}`, issue);
  }
  return { ...data, members };
};

const isUserId = (principal: string): boolean => !principal.startsWith("/buckets/") && principal !== EVERYONE;

/** Quotes a value for a message. */
export const quoteValue = (value: Json): string =>
  JSON.stringify(truncateText(typeof value === "string" ? value : JSON.stringify(value), MAX_QUOTED_CHARS));

/** Creates a 400 failure about a body. @param name the path to the value, joined by dots */
export const invalidBody = (name: string | null, description: string): Failure =>
  invalid({ location: "body", name, description } satisfies RequestIssue);

export const notMappingMessage = (value: Json): string =>
  `${quoteValue(value)} is not a mapping type: Does not implement dict-like functionality.`;

/** Throws 400 when there are unknown keys. */
export const rejectUnknownKeys = (name: string, unknown: JsonObject): void => {
  if (Object.keys(unknown).length > 0)
    throw invalidBody(name, `Unrecognized keys in mapping: ${JSON.stringify(Object.keys(unknown))}`);
};

/** Returns the permissions after a PUT: the new permissions replace all old ones, unless there are none. */
export const replaceAcl = (old: Acl, permissions: Acl | undefined): Acl =>
  permissions === undefined || Object.keys(permissions).length === 0 ? old : permissions;

/** Removes empty permissions and duplicate principals, and grants the editor `write`. */
export const normalizeAcl = (acl: Acl, editor: string | undefined): Acl =>
  Object.fromEntries(
    Object.entries(editor === undefined ? acl : { ...acl, write: [...(acl.write ?? []), editor] })
      .filter(([, principals]) => principals.length > 0)
      .map(([permission, principals]) => [permission, [...new Set(principals)]]),
  );

/** Parses the JSON of a body. Throws 400 for invalid JSON and for JSON that cannot be stored unchanged. */
export const parseJsonBody = (text: string): Json => {
  try {
    return parseStrictJson(text);
  } catch (error) {
    throw error instanceof StrictJsonError ? invalidBody("", error.message) : error;
  }
};

/** Parses a body `{data, permissions}`. An empty body and permissions of `null` change nothing. */
export const readDraft = (resource: Resource, body: Json | undefined): Draft => {
  const { data, permissions } = readBody(resource, body);
  return {
    ...(data !== undefined && { data }),
    ...(permissions !== undefined && { permissions: dropNullPermissions(permissions) }),
  };
};

export const dropNullPermissions = (permissions: NullablePermissions): Acl =>
  Object.fromEntries(
    Object.entries(permissions).flatMap(([name, principals]) => (principals === null ? [] : [[name, principals]])),
  );

/** Parses a body whose permissions may be `null`, which removes them in a merge patch. */
export const readBody = (
  resource: Resource,
  body: Json | undefined,
): { data: JsonObject | undefined; permissions: NullablePermissions | undefined } => {
  if (body === undefined) return { data: undefined, permissions: undefined };
  if (!isObject(body)) {
    const isArray = typeof body === "object" && body !== null;
    throw invalidBody("", isArray ? notMappingMessage(body) : "Should be a JSON object or an array");
  }
  const { data, permissions, ...others } = body;
  rejectUnknownKeys("", others);
  if (data !== undefined && !isObject(data)) throw invalidBody("data", notMappingMessage(data));
  return { data, permissions: permissions === undefined ? undefined : readPermissions(resource, permissions) };
};

/** Parses permissions. Throws 400 for an unknown permission and for an invalid principal. */
export const readPermissions = ({ permissions: known }: Resource, permissions: Json): NullablePermissions => {
  if (!isObject(permissions)) throw invalidBody("permissions", notMappingMessage(permissions));
  return Object.fromEntries(
    Object.entries(permissions).map(([permission, principals]) => {
      if (!known.includes(permission))
        throw invalidBody("permissions", `${JSON.stringify(permission)} is not one of ${known.join(", ")}`);
      const name = `permissions.${permission}`;
      if (principals === null) return [permission, null];
      if (!Array.isArray(principals)) throw invalidBody(name, `${quoteValue(principals)} is not iterable`);
      for (const [index, principal] of principals.entries()) {
        const issue = findPrincipalIssue(principal);
        if (issue !== undefined) throw invalidBody(`${name}.${index}`, issue);
      }
      return [permission, principals.map(String)];
    }),
  );
};
