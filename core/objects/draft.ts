import { Failure, type Flaw, invalid } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import { EVERYONE, principalFlaw } from "../permissions/principals.ts";
import type { ResourceName } from "../resources.ts";
import type { Acl } from "../store/store.ts";

/** What a request brings to be stored; what it does not mention stays. */
export interface Draft {
  readonly data?: JsonObject;
  readonly permissions?: Acl;
}

/** `data` made ready to be stored as this resource. */
export const prepare = (resource: ResourceName, data: JsonObject): JsonObject => (resource === "group" ? withMembers(data) : data);

/** A group's `members` are user ids: neither groups nor everyone. */
const withMembers = (data: JsonObject): JsonObject => {
  const { members = [] } = data;
  if (!Array.isArray(members)) throw invalid(flaw("data.members", `${shown(members)} is not iterable`));
  for (const [place, member] of members.entries()) {
    const wrong = principalFlaw(member) ?? (isUserId(String(member)) ? undefined : `'${member}' is not a valid user ID.`);
    if (wrong !== undefined) throw invalid(flaw(`data.members.${place}`, wrong));
  }
  return { ...data, members };
};

const isUserId = (principal: string): boolean => !principal.startsWith("/buckets/") && principal !== EVERYONE;

/** A value as messages quote it. */
export const shown = (value: Json): string => JSON.stringify((typeof value === "string" ? value : JSON.stringify(value)).slice(0, 100));

/** Bytes of an item in DynamoDB (400 KB), less room for keys and the store's own attributes. */
export const LARGEST_OBJECT = 400 * 1024 - 8 * 1024;

/** Refuses (413) what does not fit into an item: better here, in words, than by the table. */
export const requireFit = (json: string, acl: Acl): void => {
  const bytes = Buffer.byteLength(json) + Buffer.byteLength(JSON.stringify(acl));
  if (bytes > LARGEST_OBJECT) {
    throw new Failure("REQUEST_TOO_LARGE", {
      message: `The object has ${bytes} bytes with its permissions; ${LARGEST_OBJECT} can be stored. Split it, or store less.`,
    });
  }
};

const flaw = (name: string, description: string): Flaw => ({ location: "body", name, description });
