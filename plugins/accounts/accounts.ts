import { type Data, type JsonObject, refuse } from "@kintoun/kit";
import { type Credentials, hashSecret, type Sealer } from "./credentials.ts";

/** The prefix of the users' ids. */
export const POLICY = "account";

/** Ids as in Kinto. */
const ACCOUNT_ID = /^[a-zA-Z0-9][a-zA-Z0-9_+.@-]{0,255}$/;
export const isAccountId = (id: string): boolean => ACCOUNT_ID.test(id);

export const accountUri = (id: string): string => `/accounts/${id}`;
export const userOf = (id: string): string => `${POLICY}:${id}`;

/** Returns the account of a user; `undefined` for users of other plugins. */
export const accountOf = (user: string | null): string | undefined =>
  user?.startsWith(`${POLICY}:`) === true ? user.slice(POLICY.length + 1) : undefined;

/** An account as the plugin reads it. */
export interface Account {
  readonly id: string;
  readonly data: JsonObject;
  readonly credentials: Credentials;
}

/** Reads and changes accounts. */
export interface Accounts {
  /** Returns an account; `undefined` if there is none. */
  readonly find: (id: string) => Promise<Account | undefined>;
  /** Changes an account and its credentials. Throws a 412 if the credentials were changed since they were read. */
  readonly update: (
    account: Account,
    change: { readonly credentials?: Partial<Credentials>; readonly data?: JsonObject },
  ) => Promise<void>;
  /** Creates an account. Throws a 409 if it exists. */
  readonly create: (id: string, credentials: Credentials, data?: JsonObject) => Promise<void>;
  readonly list: () => AsyncIterable<JsonObject>;
  /** Whether a user may manage all accounts. */
  readonly isAdministrator: (user: string | null) => Promise<boolean>;
}

export const createAccounts = (data: Data, sealer: Sealer, administrators: readonly string[]): Accounts => {
  const groups = administrators.filter((principal) => principal.startsWith("/buckets/"));
  return {
    find: async (id) => {
      const object = isAccountId(id) ? await data.get(accountUri(id)) : undefined;
      const credentials = object && (await sealer.open(id, object.data.password));
      return credentials && { id, data: object.data, credentials };
    },
    update: async ({ id, data: { password }, credentials }, change) => {
      const changed = { ...credentials, ...change.credentials, replaces: hashSecret(String(password)) };
      await data.update(accountUri(id), {
        data: { ...change.data, password: await sealer.seal(id, changed) },
      });
    },
    create: async (id, credentials, fields = {}) => {
      const password = await sealer.seal(id, credentials);
      const { data: stored } = await data.create("/accounts", { data: { ...fields, id, password } });
      if (stored.password !== password) throw refuse(409, `The account ${id} exists.`);
    },
    list: () => data.list("/accounts"),
    isAdministrator: async (user) => {
      if (user === null) return false;
      if ([user, "system.Authenticated", "system.Everyone"].some((one) => administrators.includes(one))) return true;
      for (const group of groups) {
        const members = (await data.get(group))?.data.members;
        if (Array.isArray(members) && members.includes(user)) return true;
      }
      return false;
    },
  };
};

/** Whether the owner of an account may log in. */
export const isActive = ({ data }: Account): boolean => data.disabled !== true && data.validated !== false;
