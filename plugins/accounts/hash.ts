import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { refuse } from "@kintoun/kit";

/** The cost of a hash: scrypt with N = 2^`log2n`, r = 8 and `p`. */
export interface Cost {
  readonly log2n: number;
  readonly p: number;
}

/** Maximum cost: a check needs 1 GB of memory and takes a minute. */
export const MAX_COST: Cost = { log2n: 20, p: 16 };

const BLOCK_SIZE = 8;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Hashes a password. The result has the form `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`. */
export const hashPassword = async (password: string, cost: Cost): Promise<string> => {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, cost);
  return `$scrypt$ln=${cost.log2n},r=${BLOCK_SIZE},p=${cost.p}$${toText(salt)}$${toText(hash)}`;
};

/** The hash of an account whose password is not known. */
export const NO_HASH = "none";

/** Hashes of Kinto's accounts. The cost is limited: a check with 14 takes about 2 seconds. */
const BCRYPT = /^\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$/;

/** Whether a password can be compared with a hash, at no more than the maximum cost. */
export const isKnownHash = (hash: string): boolean =>
  hash === NO_HASH || BCRYPT.test(hash) || parseHash(hash) !== undefined;

/** Whether a password has a hash. Takes as long for a wrong one. */
export const verifyPassword = async (password: string, hash: string): Promise<boolean> => {
  if (BCRYPT.test(hash)) return takeTurn(async () => (await import("bcryptjs")).compare(password, hash));
  const parsed = parseHash(hash);
  return parsed !== undefined && timingSafeEqual(await derive(password, parsed.salt, parsed.cost), parsed.hash);
};

/** Whether a hash has another cost. */
export const isOutdated = (hash: string, { log2n, p }: Cost): boolean => {
  const cost = parseHash(hash)?.cost;
  return cost?.log2n !== log2n || cost.p !== p;
};

const parseHash = (text: string) => {
  const [, log2n, p, salt = "", hash = ""] =
    /^\$scrypt\$ln=([1-9]\d?),r=8,p=([1-9]\d?)\$([\w-]{1,86})\$([\w-]{43})$/.exec(text) ?? [];
  const cost = { log2n: Number(log2n), p: Number(p) };
  if (log2n === undefined || cost.log2n > MAX_COST.log2n || cost.p > MAX_COST.p) return undefined;
  return {
    cost,
    salt: Buffer.from(salt, "base64url"),
    hash: Buffer.from(hash, "base64url"),
  };
};

const toText = (bytes: Buffer): string => bytes.toString("base64url");

const derive = (password: string, salt: Buffer, { log2n, p }: Cost): Promise<Buffer> => {
  const N = 2 ** log2n;
  // Needs 128 * N * r bytes, and a little for each p.
  const options: ScryptOptions = { N, r: BLOCK_SIZE, p, maxmem: 128 * BLOCK_SIZE * (N + p + 32) };
  // The same text from different keyboards must be the same password.
  const text = password.normalize("NFC");
  return takeTurn(
    () =>
      new Promise((resolve, reject) => {
        scrypt(text, salt, HASH_BYTES, options, (error, key) => (error === null ? resolve(key) : reject(error)));
      }),
  );
};

/** Hashes at a time in a process: each needs memory, and one of the four threads that file and network work needs too. */
const MAX_RUNNING = 2;
/** Hashes that may wait for their turn: a few seconds of work. */
const MAX_WAITING = 20;
let running = 0;
const waiting: (() => void)[] = [];

/** Runs work when it is its turn. Throws a 503 if too much waits already. */
const takeTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  if (running < MAX_RUNNING) running++;
  else if (waiting.length < MAX_WAITING) await new Promise<void>((resolve) => waiting.push(resolve));
  else
    throw refuse(503, "Too many passwords are checked at the moment. Try again.", { headers: { "Retry-After": "3" } });
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
};
