import { createHmac, randomBytes } from "node:crypto";

/** What a secret has proven. */
interface Proven {
  /** The account. */
  readonly id: string;
  /** The epoch of the credentials, for a password. */
  readonly epoch?: string | undefined;
  /** Whether the user needs nothing more, such as a one-time code. */
  readonly isComplete: boolean;
}

/** Remembers what was proven, for a short time. */
export interface ProofCache {
  readonly get: (secret: string) => Proven | undefined;
  readonly add: (secret: string, proven: Proven) => void;
  /** Forgets all that proves an account. */
  readonly forget: (id: string) => void;
}

/** Maximum number of remembered secrets in a process. */
const MAX_REMEMBERED = 10_000;

/** Keeps only keyed hashes of the secrets, with a key of this process. */
export const createProofCache = (seconds: number, now: () => number): ProofCache => {
  const key = randomBytes(32);
  const remembered = new Map<string, Proven & { readonly until: number }>();
  const hash = (secret: string) => createHmac("sha256", key).update(secret).digest("base64");
  return {
    get: (secret) => {
      const hashed = hash(secret);
      const entry = remembered.get(hashed);
      if (entry === undefined) return undefined;
      if (entry.until > now()) return entry;
      remembered.delete(hashed);
      return undefined;
    },
    add: (secret, proven) => {
      if (seconds === 0) return;
      const [oldest] = remembered.keys();
      if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      remembered.set(hash(secret), { ...proven, until: now() + seconds * 1000 });
    },
    forget: (id) => {
      for (const [hashed, entry] of remembered) if (entry.id === id) remembered.delete(hashed);
    },
  };
};

/** The secret of a password. */
export const toSecret = (id: string, password: string): string => JSON.stringify([id, password]);
