import type { Json, JsonObject } from "../../lib/json.ts";
import { type Flaw, invalid } from "../errors.ts";
import { EVERYONE, principalFlaw } from "../permissions/principals.ts";
import type { Acl } from "../ports/store.ts";
import type { ResourceName } from "../resources.ts";
import { checkMetadata } from "./metadata.ts";

/** What a request brings to be stored; what it does not mention stays. */
export interface Draft {
  readonly data?: JsonObject;
  readonly permissions?: Acl;
}

/** A draft whose data is such as this resource may have, whatever its parents demand. */
export const checkedDraft = async (resource: ResourceName, draft: Draft): Promise<Draft> =>
  draft.data === undefined ? draft : { ...draft, data: await checkMetadata(resource, prepare(resource, draft.data)) };

/** `data` made ready to be stored as this resource. @param under what names in messages begin with */
export const prepare = (resource: ResourceName, data: JsonObject, under = "data."): JsonObject =>
  resource === "group" ? withMembers(data, under) : data;

/** A group's `members` are user ids: neither groups nor everyone. */
const withMembers = (data: JsonObject, under: string): JsonObject => {
  const { members = [] } = data;
  if (!Array.isArray(members)) throw invalid(flaw(`${under}members`, `${shown(members)} is not iterable`));
  for (const [place, member] of members.entries()) {
    const wrong =
      principalFlaw(member) ?? (isUserId(String(member)) ? undefined : `'${member}' is not a valid user ID.`);
    if (wrong !== undefined) throw invalid(flaw(`${under}members.${place}`, wrong));
  }
  return { ...data, members };
};

const isUserId = (principal: string): boolean => !principal.startsWith("/buckets/") && principal !== EVERYONE;

/** A value as messages quote it. */
export const shown = (value: Json): string =>
  JSON.stringify((typeof value === "string" ? value : JSON.stringify(value)).slice(0, 100));

const flaw = (name: string, description: string): Flaw => ({ location: "body", name, description });
