import { randomBytes } from "node:crypto";
import type { State } from "@kintoun/kit";
import { hashSecret } from "./credentials.ts";

const VALID_MS = 24 * 3600_000;

/** Links with which their holder sets the password of an account, once. */
export interface Invitations {
  /** Returns the key of a new invitation, which is valid for a day. */
  readonly create: (id: string) => Promise<string>;
  readonly isValid: (id: string, key: string) => Promise<boolean>;
  /** Uses up an invitation. Returns `false` if it is not valid. */
  readonly use: (id: string, key: string) => Promise<boolean>;
}

export const createInvitations = (state: State, now: () => number): Invitations => {
  const isStored = (value: unknown, id: string): boolean => {
    const { account, expires } = (value ?? {}) as { readonly account?: string; readonly expires?: number };
    return account === id && expires !== undefined && expires > now();
  };
  return {
    create: async (id) => {
      const key = randomBytes(24).toString("base64url");
      const expires = now() + VALID_MS;
      await state.put("invitations", hashSecret(key), { account: id, expires }, { expires });
      return key;
    },
    isValid: async (id, key) => isStored(await state.get("invitations", hashSecret(key)), id),
    use: async (id, key) => {
      let isValid = false;
      await state.change("invitations", hashSecret(key), (value) => {
        isValid = isStored(value, id);
        return isValid ? { account: id, expires: 0 } : undefined;
      });
      return isValid;
    },
  };
};
