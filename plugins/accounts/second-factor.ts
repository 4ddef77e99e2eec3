import { randomBytes } from "node:crypto";
import { refuse, type State } from "@kintoun/kit";
import type { Account, Accounts } from "./accounts.ts";
import { equals, hashSecret, type Sealer } from "./credentials.ts";

/** How long a new secret waits for its first code. */
const ENROLLMENT_MS = 15 * 60_000;
const RECOVERY_CODES = 10;
const SECRET_BYTES = 20;
/** How long a used recovery code is remembered apart from its account. */
const USED_CODE_MS = 3600_000;
/** Tries to remove a used recovery code from an account that changes. */
const MAX_TRIES = 5;
/** A code is valid for its 30 seconds and for those before and after. */
const PERIOD_SECONDS = 30;
const WINDOW = 1;

/** One-time codes of apps (RFC 6238) as a second factor. */
export interface SecondFactor {
  /** Creates a secret, which {@link confirm} activates. */
  readonly enroll: (account: Account) => Promise<{ readonly secret: string; readonly uri: string }>;
  /** Activates the secret by a first code. Returns the recovery codes. Throws a 400 for a wrong code. */
  readonly confirm: (account: Account, code: string) => Promise<readonly string[] | undefined>;
  readonly remove: (account: Account) => Promise<void>;
  /** Whether a code of the app, or a recovery code, is right. Each can be used once. */
  readonly check: (account: Account, code: string) => Promise<boolean>;
}

interface FactorContext {
  readonly accounts: Accounts;
  readonly state: State;
  readonly sealer: Sealer;
  readonly issuer: string;
  readonly now: () => number;
}

export const createSecondFactor = ({ accounts, state, sealer, issuer, now }: FactorContext): SecondFactor => {
  // Loaded on first use, since every function that identifies users loads this file.
  const createTotp = async (id: string, secret: string) => {
    const { Secret, TOTP } = await import("otpauth");
    return new TOTP({ issuer, label: id, secret: Secret.fromBase32(secret), period: PERIOD_SECONDS });
  };

  /** Uses up the time step of a right code. */
  const useCode = async (id: string, secret: string, code: string): Promise<boolean> => {
    if (!/^\d{6}$/.test(code)) return false;
    const delta = (await createTotp(id, secret)).validate({ token: code, timestamp: now(), window: WINDOW });
    if (delta === null) return false;
    const step = Math.floor(now() / 1000 / PERIOD_SECONDS) + delta;
    return state.add(`codes ${id}`, `${hashSecret(secret).slice(0, 16)} ${step}`, true, {
      expires: now() + (2 * WINDOW + 2) * PERIOD_SECONDS * 1000,
    });
  };

  const useRecoveryCode = async ({ id, credentials: { recovery = [] } }: Account, code: string): Promise<boolean> => {
    const hash = hashSecret(code.trim().toLowerCase());
    if (!recovery.some((one) => equals(one, hash))) return false;
    // Of requests at the same time, one can use it.
    if (!(await state.add(`recovery ${id}`, hash, true, { expires: now() + USED_CODE_MS }))) return false;
    for (let attempt = 1; ; attempt++) {
      const account = await accounts.find(id);
      const present = account?.credentials.recovery ?? [];
      const left = present.filter((one) => !equals(one, hash));
      if (account === undefined || left.length === present.length) return false;
      try {
        await accounts.update(account, { credentials: { recovery: left } });
        return true;
      } catch (error) {
        // The account may change at the same time.
        if (attempt === MAX_TRIES) throw error;
      }
    }
  };

  return {
    enroll: async ({ id, credentials }) => {
      const { Secret } = await import("otpauth");
      const secret = new Secret({ size: SECRET_BYTES }).base32;
      const sealed = await sealer.seal(id, { ...credentials, totp: secret });
      await state.put("enrollments", id, sealed, { expires: now() + ENROLLMENT_MS });
      return { secret, uri: (await createTotp(id, secret)).toString() };
    },
    confirm: async (account, code) => {
      const { id, credentials } = account;
      const waiting = await sealer.open(id, await state.get("enrollments", id));
      if (waiting?.totp === undefined || waiting.epoch !== credentials.epoch)
        throw refuse(409, `There is no secret to confirm. Create one by POST /accounts/${id}/totp.`);
      if (!(await useCode(id, waiting.totp, code))) return undefined;
      const codes = Array.from({ length: RECOVERY_CODES }, () => randomBytes(10).toString("hex"));
      await accounts.update(account, {
        credentials: { totp: waiting.totp, recovery: codes.map(hashSecret) },
        data: { second_factor: true },
      });
      await state.delete("enrollments", id);
      return codes;
    },
    remove: async (account) => {
      await accounts.update(account, {
        credentials: { totp: undefined, recovery: undefined },
        data: { second_factor: false },
      });
    },
    check: async (account, code) => {
      const { totp: secret } = account.credentials;
      if (secret === undefined) return true;
      return (await useCode(account.id, secret, code)) || useRecoveryCode(account, code);
    },
  };
};
