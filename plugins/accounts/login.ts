import { randomBytes } from "node:crypto";
import { type Log, type State, toClientNetwork } from "@kintoun/kit";
import { type Account, type Accounts, isAccountId, isActive } from "./accounts.ts";
import type { Attempts, Counted, Limit } from "./attempts.ts";
import { equals, hashSecret } from "./credentials.ts";
import { hashPassword, isOutdated, NO_HASH, verifyPassword } from "./hash.ts";
import type { Options } from "./options.ts";
import { type ProofCache, toSecret } from "./proof-cache.ts";

/** Maximum length of a password in characters. */
export const MAX_PASSWORD_CHARS = 1000;

/** Who tries to log in. */
interface Attempt {
  readonly id: string;
  readonly address: string | null;
}

/** The temporary password of an account, in state. */
export const RESETS = "resets";
export interface Reset {
  /** SHA-256. */
  readonly hash: string;
  readonly epoch: string;
  /** Epoch ms. */
  readonly expires: number;
}

/** What a right password proves. A temporary one proves only that its holder may set a new one. */
interface Proof {
  readonly account: Account;
  readonly isTemporary: boolean;
}

export interface Login {
  /**
   * Runs a check of a password or code within the limits of guesses. Throws a 429 if there were too many.
   * @param check returns `undefined` if it is wrong
   * @param options `countsFirst`: whether the first attempt is counted before its check too, so that guesses at the same
   *   time are never more than the limit; the default
   */
  readonly guard: <Result>(
    by: Attempt,
    check: () => Promise<Result | undefined>,
    options?: { readonly countsFirst: boolean },
  ) => Promise<Result | undefined>;
  /** Checks a password within the limits. Takes as long for an account that does not exist. */
  readonly checkPassword: (by: Attempt, password: string) => Promise<Proof | undefined>;
  /** Whether a password is the temporary one of an account. */
  readonly isTemporary: (id: string, password: string) => Promise<boolean>;
  /** The number of passwords that were hashed, for tests. */
  readonly hashes: () => number;
}

interface LoginContext {
  readonly accounts: Accounts;
  readonly attempts: Attempts;
  readonly state: State;
  readonly proven: ProofCache;
  readonly config: Pick<Options, "attempts" | "scrypt">;
  readonly now: () => number;
  readonly log: Log;
}

export const createLogin = ({ accounts, attempts, state, proven, config, now, log }: LoginContext): Login => {
  const windowMs = config.attempts.minutes * 60_000;
  const perAccount: Limit = { name: "account", max: config.attempts.perAccount, windowMs };
  const perAddress: Limit = { name: "address", max: config.attempts.perAddress, windowMs };
  let hashes = 0;
  // Compared with the passwords of accounts that do not exist.
  let dummy: Promise<string> | undefined;

  const guard: Login["guard"] = async ({ id, address }, check, { countsFirst } = { countsFirst: true }) => {
    if (!isAccountId(id)) return undefined;
    const limits = [
      { limit: perAccount, key: id },
      ...(address === null ? [] : [{ limit: perAddress, key: toClientNetwork(address) }]),
    ];
    const before = await Promise.all(limits.map(({ limit, key }) => attempts.read(limit, key)));
    // After a first wrong guess each attempt is counted before its check, so that guesses at the same time are limited too.
    const counted: (Counted | undefined)[] = [];
    for (const [index, { limit, key }] of limits.entries())
      counted.push(countsFirst || before[index] !== 0 ? await attempts.count(limit, key) : undefined);
    const result = await check();
    for (const [index, { limit, key }] of limits.entries()) {
      const attempt = counted[index];
      if (result !== undefined) {
        // Others may have reached the limit meanwhile. Then right and wrong guesses have the same answer.
        if (attempt === undefined) await attempts.read(limit, key);
        else await attempts.takeBack(limit, key, attempt);
        continue;
      }
      const failures = attempt ?? (await attempts.count(limit, key));
      if (failures.total === limit.max)
        log.warn("Logins are refused after wrong guesses", { limit: limit.name, of: key });
    }
    return result;
  };

  const verify = async (id: string, password: string): Promise<Proof | undefined> => {
    const [account, reset] = await Promise.all([accounts.find(id), state.get(RESETS, id)]);
    const secret = toSecret(id, password);
    const epoch = account?.credentials.epoch;
    const wasRight = epoch !== undefined && proven.get(secret)?.epoch === epoch;
    const isRight = wasRight || (await verifyHash(password, account?.credentials.hash));
    if (account === undefined || !isActive(account)) return undefined;
    if (isRight) {
      await rehash(account, password);
      proven.add(secret, { id, epoch, isComplete: account.credentials.totp === undefined });
      return { account, isTemporary: false };
    }
    const isReset = isValidReset(reset as Reset | undefined, account, password, now());
    return isReset ? { account, isTemporary: true } : undefined;
  };

  /** Takes as long without a hash. */
  const verifyHash = async (password: string, hash: string | undefined): Promise<boolean> => {
    dummy ??= hashPassword(randomBytes(16).toString("hex"), config.scrypt);
    hashes++;
    return verifyPassword(password, hash === undefined || hash === NO_HASH ? await dummy : hash);
  };

  /** Replaces a hash of another cost. */
  const rehash = async (account: Account, password: string): Promise<void> => {
    if (!isOutdated(account.credentials.hash, config.scrypt)) return;
    try {
      await accounts.update(account, { credentials: { hash: await hashPassword(password, config.scrypt) } });
    } catch (error) {
      log.warn("A password could not be hashed again", { account: account.id, error });
    }
  };

  return {
    guard,
    checkPassword: async (by, password) => {
      if (password === "" || password.length > MAX_PASSWORD_CHARS) return undefined;
      // A right password costs no write.
      return guard(by, () => verify(by.id, password), { countsFirst: false });
    },
    isTemporary: async (id, password) => {
      const [account, reset] = await Promise.all([accounts.find(id), state.get(RESETS, id)]);
      return account !== undefined && isValidReset(reset as Reset | undefined, account, password, now());
    },
    hashes: () => hashes,
  };
};

const isValidReset = (reset: Reset | undefined, { credentials }: Account, password: string, now: number): boolean =>
  reset !== undefined &&
  reset.expires > now &&
  reset.epoch === credentials.epoch &&
  equals(reset.hash, hashSecret(password));
