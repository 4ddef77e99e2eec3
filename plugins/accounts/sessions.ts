import { randomBytes } from "node:crypto";
import { type JsonObject, refuse, type State } from "@kintoun/kit";
import * as z from "zod";
import { type Account, type Accounts, isAccountId, isActive } from "./accounts.ts";
import { equals, hashSecret } from "./credentials.ts";
import type { Options } from "./options.ts";

/** A session as it is stored. Times are in epoch ms. */
const session = z.object({
  /** SHA-256 of the secrets in the tokens. */
  access: z.string(),
  refresh: z.string(),
  /** The refresh token before the last one. */
  used: z.string().nullable(),
  epoch: z.string(),
  created: z.number(),
  refreshed: z.number(),
  access_expires: z.number(),
  expires: z.number(),
  user_agent: z.string(),
});
type Session = z.output<typeof session>;

/** Sessions of an account. Older ones end when another one begins. */
const MAX_SESSIONS = 50;
const MAX_USER_AGENT_CHARS = 200;
const SECRET_BYTES = 32;

const KINDS = { access: "kst", refresh: "ksr" } as const;

/** Sessions of accounts. */
export interface Sessions {
  /** Begins a session. @param userAgent of the client, to recognize the session in a list */
  readonly begin: (account: Account, userAgent: string) => Promise<JsonObject>;
  /** Exchanges a refresh token. Each can be used once: a second use ends the session. Throws a 401 if it is not valid. */
  readonly refresh: (token: string) => Promise<JsonObject>;
  /** Returns the account that an access token proves. */
  readonly identify: (token: string) => Promise<string | undefined>;
  readonly list: (id: string) => Promise<readonly JsonObject[]>;
  /** Ends a session. Returns `false` if there is none. */
  readonly end: (id: string, key: string) => Promise<boolean>;
}

interface SessionContext {
  readonly accounts: Accounts;
  readonly state: State;
  readonly config: Pick<Options, "sessions">;
  readonly now: () => number;
}

export const createSessions = ({ accounts, state, config, now }: SessionContext): Sessions => {
  const { accessMinutes, days } = config.sessions;
  const nameList = (id: string): string => `sessions ${id}`;

  /** New secrets and times. */
  const renew = (id: string, key: string) => {
    const [access, refresh] = [newSecret(), newSecret()];
    return {
      stored: {
        access: hashSecret(access),
        refresh: hashSecret(refresh),
        refreshed: now(),
        access_expires: now() + accessMinutes * 60_000,
        expires: now() + days * 24 * 3600_000,
      },
      tokens: {
        token_type: "Bearer",
        access_token: formatToken("access", id, key, access),
        expires_in: accessMinutes * 60,
        refresh_token: formatToken("refresh", id, key, refresh),
        session: key,
      },
    };
  };

  const find = async (id: string, key: string): Promise<Session | undefined> => {
    const found = session.safeParse(await state.get(nameList(id), key)).data;
    return found !== undefined && found.expires > now() ? found : undefined;
  };

  const list = async (id: string): Promise<(Session & { readonly key: string })[]> => {
    const found: (Session & { readonly key: string })[] = [];
    for await (const { key, value } of state.list(nameList(id), { limit: 2 * MAX_SESSIONS })) {
      const parsed = session.safeParse(value).data;
      if (parsed !== undefined && parsed.expires > now()) found.push({ ...parsed, key });
    }
    return found;
  };

  return {
    begin: async ({ id, credentials }, userAgent) => {
      // Keys rise with time, so that the first ones are the oldest.
      const key = `${now().toString(36).padStart(9, "0")}-${randomBytes(8).toString("hex")}`;
      const open = await list(id);
      for (const old of open.slice(0, Math.max(0, open.length + 1 - MAX_SESSIONS)))
        await state.delete(nameList(id), old.key);
      const { stored, tokens } = renew(id, key);
      const value: Session = {
        ...stored,
        used: null,
        epoch: credentials.epoch,
        created: now(),
        user_agent: userAgent.slice(0, MAX_USER_AGENT_CHARS).toWellFormed(),
      };
      await state.put(nameList(id), key, value, { expires: value.expires });
      return tokens;
    },

    refresh: async (token) => {
      const parsed = parseToken("refresh", token);
      const [found, account] = parsed
        ? await Promise.all([find(parsed.id, parsed.key), accounts.find(parsed.id)])
        : [undefined, undefined];
      if (parsed === undefined || found === undefined || !isValid(found, account)) throw invalidToken();
      const hash = hashSecret(parsed.secret);
      const { stored, tokens } = renew(parsed.id, parsed.key);
      let isRenewed = false;
      await state.change(
        nameList(parsed.id),
        parsed.key,
        (value) => {
          const present = session.safeParse(value).data;
          isRenewed = present !== undefined && equals(present.refresh, hash);
          return isRenewed && present !== undefined ? { ...present, ...stored, used: hash } : undefined;
        },
        { expires: stored.expires },
      );
      if (isRenewed) return tokens;
      // A token that was used before is in two hands: the session ends for both.
      if (found.used !== null && equals(found.used, hash)) await state.delete(nameList(parsed.id), parsed.key);
      throw invalidToken();
    },

    identify: async (token) => {
      const parsed = parseToken("access", token);
      if (parsed === undefined) return undefined;
      const [found, account] = await Promise.all([find(parsed.id, parsed.key), accounts.find(parsed.id)]);
      if (found === undefined || found.access_expires <= now() || !isValid(found, account)) return undefined;
      return equals(found.access, hashSecret(parsed.secret)) ? parsed.id : undefined;
    },

    list: async (id) => {
      const account = await accounts.find(id);
      return (await list(id))
        .filter((one) => isValid(one, account))
        .map(({ key, created, refreshed, expires, user_agent }) => ({
          id: key,
          created,
          refreshed,
          expires,
          user_agent,
        }));
    },

    end: async (id, key) => {
      if ((await find(id, key)) === undefined) return false;
      await state.delete(nameList(id), key);
      return true;
    },
  };
};

/** Whether a session is one of the account's present epoch. */
const isValid = ({ epoch }: Session, account: Account | undefined): boolean =>
  account !== undefined && isActive(account) && equals(account.credentials.epoch, epoch);

const invalidToken = (): Error => refuse(401, "The refresh token is not valid. Log in again.");

const newSecret = (): string => randomBytes(SECRET_BYTES).toString("base64url");

const formatToken = (kind: keyof typeof KINDS, id: string, key: string, secret: string): string =>
  `${KINDS[kind]}_${Buffer.from(id).toString("base64url")}.${key}.${secret}`;

/** Whether a text has the form of an access token. */
export const isAccessToken = (token: string): boolean => token.startsWith(`${KINDS.access}_`);

const parseToken = (kind: keyof typeof KINDS, token: string) => {
  const [, prefix, encoded = "", key = "", secret = ""] =
    /^(ks[tr])_([\w-]{1,400})\.([a-z0-9]{9}-[a-f0-9]{16})\.([\w-]{43})$/.exec(token) ?? [];
  const id = Buffer.from(encoded, "base64url").toString("utf8");
  return prefix === KINDS[kind] && isAccountId(id) ? { id, key, secret } : undefined;
};
