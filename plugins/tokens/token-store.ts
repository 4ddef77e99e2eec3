import { createHash, randomUUID } from "node:crypto";
import { type Json, type JsonObject, type Log, refuse, type Scope, type State } from "@kintoun/kit";
import { type Options, type TokenDraft, toSeconds } from "./options.ts";
import { createToken, hashToken } from "./token-text.ts";

/** The tokens by hash: what a request needs. Items never change. */
const TOKENS = "tokens";
/** The tokens of each user, in one item so that their number is limited. */
const USERS = "users";
/** How exact the time of the last use is, in ms. */
const USE_MS = 3600_000;
/** Tokens whose last use a process remembers. */
const MAX_REMEMBERED = 10_000;

/** What a token allows. */
interface TokenIdentity {
  readonly user: string;
  readonly scope: Scope;
  /** Epoch ms. */
  readonly created: number;
}

/** A token as its owner sees it: without the token itself. Times are in epoch ms. */
type TokenInfo = {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  readonly created: number;
  readonly expires: number;
  readonly last_used: number | null;
};

interface StoredToken extends TokenInfo {
  readonly hash: string;
}

/** An item of {@link USERS}. */
interface UserTokens {
  readonly user: string;
  readonly tokens: readonly StoredToken[];
}

/** Whether what was made at a time, in epoch ms, was made by the user who has the id now. */
type IsOwn = (created: number) => Promise<boolean>;

export const createTokenStore = ({
  state,
  now,
  log,
  options: { days, maxDays, maxTokens },
}: {
  readonly state: State;
  readonly now: () => number;
  readonly log: Log;
  readonly options: Options;
}) => {
  const checkedUses = new Map<string, number>();

  const changeTokens = (user: string, make: (tokens: readonly StoredToken[]) => readonly StoredToken[] | undefined) =>
    state.change(USERS, toKey(user), (value) => {
      const tokens = make(tokensIn(value));
      return tokens && toJson({ user, tokens });
    });

  const isValid = ({ expires }: Pick<TokenInfo, "expires">): boolean => expires > now();

  /** Notes the use of a token, with at most one write per hour. */
  const noteUse = async (hash: string, user: string): Promise<void> => {
    const time = now();
    if ((checkedUses.get(hash) ?? Number.NEGATIVE_INFINITY) > time - USE_MS) return;
    checkedUses.delete(hash);
    checkedUses.set(hash, time);
    if (checkedUses.size > MAX_REMEMBERED) checkedUses.delete(checkedUses.keys().next().value as string);
    const isDue = (token: StoredToken) => token.hash === hash && (token.last_used ?? 0) <= time - USE_MS;
    await changeTokens(user, (tokens) =>
      tokens.some(isDue) ? tokens.map((token) => (isDue(token) ? { ...token, last_used: time } : token)) : undefined,
    );
  };

  /** The ids of the tokens that an earlier user with the same id has made. They are not accepted any more. */
  const findOthers = async (user: string, isOwn: IsOwn): Promise<ReadonlySet<string>> => {
    // The oldest are first, so that the first one of this user is found by halving.
    const tokens = tokensIn(await state.get(USERS, toKey(user)));
    let [start, end] = [0, tokens.length];
    while (start < end) {
      const middle = (start + end) >> 1;
      if (await isOwn(tokens[middle]?.created ?? 0)) end = middle;
      else start = middle + 1;
    }
    return new Set(tokens.slice(0, start).map(({ id }) => id));
  };

  const revoke = async (user: string, isRevoked: (token: TokenInfo) => boolean): Promise<readonly TokenInfo[]> => {
    const revoked = tokensIn(await state.get(USERS, toKey(user))).filter(isRevoked);
    // First, so that a token that is not listed any more is never accepted.
    await Promise.all(revoked.map(({ hash }) => state.delete(TOKENS, hash)));
    const hashes = new Set(revoked.map(({ hash }) => hash));
    if (revoked.length > 0) await changeTokens(user, (tokens) => tokens.filter(({ hash }) => !hashes.has(hash)));
    for (const { id } of revoked) log.info("An API token was revoked", { user_id: user, token_id: id });
    return revoked.filter(isValid).map(toInfo);
  };

  return {
    /** Creates a token. Throws a 400 if it would be valid for too long, a 409 if the user has too many. */
    create: async (user: string, { name, scope, expires_in: seconds = toSeconds(days) }: TokenDraft, isOwn: IsOwn) => {
      if (seconds > toSeconds(maxDays))
        throw refuse(400, `data.expires_in is more than ${toSeconds(maxDays)} seconds (${maxDays} days).`);
      const token = createToken();
      const [created, hash] = [now(), hashToken(token)];
      const info = { id: randomUUID(), name, scope, created, expires: created + seconds * 1000, last_used: null };
      const others = await findOthers(user, isOwn);
      await changeTokens(user, (tokens) => {
        const valid = tokens.filter((one) => isValid(one) && !others.has(one.id));
        if (valid.length >= maxTokens)
          throw refuse(409, `A user has at most ${maxTokens} tokens. Revoke one that is not used any more.`);
        return [...valid, { ...info, hash }];
      });
      await state.put(TOKENS, hash, toJson({ user, scope, created }), { expires: info.expires });
      log.info("An API token was created", { user_id: user, token_id: info.id });
      return { ...info, token };
    },

    /** Returns what a token allows; `undefined` if there is none, or it has expired or was revoked. */
    find: async (token: string): Promise<TokenIdentity | undefined> => {
      const hash = hashToken(token);
      const found = (await state.get(TOKENS, hash)) as TokenIdentity | undefined;
      if (found === undefined) return undefined;
      await noteUse(hash, found.user).catch((error: unknown) =>
        log.warn("The last use of an API token was not stored", { user_id: found.user, error }),
      );
      return found;
    },

    /** Returns a user's tokens, newest first. @param isOwn all are when absent */
    list: async (user: string, isOwn: IsOwn = async () => true): Promise<readonly TokenInfo[]> => {
      const others = await findOthers(user, isOwn);
      return tokensIn(await state.get(USERS, toKey(user)))
        .filter((one) => isValid(one) && !others.has(one.id))
        .map(toInfo)
        .toReversed();
    },

    /** Iterates over the users that have tokens. */
    async *users(): AsyncGenerator<{ readonly user: string; readonly tokens: readonly TokenInfo[] }> {
      for await (const { value } of state.list(USERS)) {
        const { user } = value as JsonObject & { user: string };
        const tokens = tokensIn(value).filter(isValid).map(toInfo);
        if (tokens.length > 0) yield { user, tokens };
      }
    },

    /** Revokes a user's token, or all of them. Returns those that were valid. */
    revoke: (user: string, id?: string) => revoke(user, (token) => id === undefined || token.id === id),

    /** Revokes a token of any user. Returns its user, or `undefined` if it is not valid. */
    revokeToken: async (token: string): Promise<string | undefined> => {
      const found = (await state.get(TOKENS, hashToken(token))) as TokenIdentity | undefined;
      if (found === undefined) return undefined;
      await revoke(found.user, (one) => (one as StoredToken).hash === hashToken(token));
      return found.user;
    },
  };
};

/** Ids of users may be longer than keys. */
const toKey = (user: string): string => createHash("sha256").update(user).digest("base64url");

const tokensIn = (value: Json | undefined): readonly StoredToken[] =>
  (value as unknown as UserTokens | undefined)?.tokens ?? [];

const toInfo = ({ id, name, scope, created, expires, last_used }: StoredToken): TokenInfo => ({
  id,
  name,
  scope,
  created,
  expires,
  last_used,
});

const toJson = (value: UserTokens | TokenIdentity): Json => value as unknown as Json;
