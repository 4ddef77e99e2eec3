import { createHmac } from "node:crypto";
import type { State } from "@kintoun/kit";

const TOKENS = "tokens";
/** How long a token of a login is accepted whose provider does not say when it expires, in ms. */
const MAX_TOKEN_MS = 30 * 24 * 3600_000;

/** What is known about an access token. */
export interface KnownToken {
  readonly provider: string;
  /** The user's id at the provider. */
  readonly id: string;
  /** Whether the token comes from a login through this store. */
  readonly isOwn: boolean;
  /** When the provider confirmed it, in epoch ms. */
  readonly checked: number;
  /** Epoch ms. */
  readonly expires: number;
}

export type KnownTokens = ReturnType<typeof createKnownTokens>;

/** Remembers access tokens by a keyed hash, so that the table shows none. */
export const createKnownTokens = ({
  state,
  getSecret,
  now,
}: {
  readonly state: State;
  readonly getSecret: () => Promise<string>;
  readonly now: () => number;
}) => {
  const toKey = async (token: string): Promise<string> =>
    createHmac("sha256", await getSecret())
      .update(token)
      .digest("base64url");

  return {
    find: async (token: string): Promise<KnownToken | undefined> =>
      (await state.get(TOKENS, await toKey(token))) as KnownToken | undefined,

    save: async (token: string, known: KnownToken): Promise<void> =>
      state.put(TOKENS, await toKey(token), { ...known }, { expires: known.expires }),

    forget: async (token: string): Promise<void> => state.delete(TOKENS, await toKey(token)),

    /** When a token of a login expires, in epoch ms. @param seconds as the provider says */
    expiryOf: (seconds: unknown): number =>
      now() + (typeof seconds === "number" && seconds > 0 ? Math.min(seconds * 1000, MAX_TOKEN_MS) : MAX_TOKEN_MS),
  };
};
