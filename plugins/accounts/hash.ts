import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

/** The cost of a hash: scrypt with N = 2^`log2n`, r = 8 and `p`. */
export interface Cost {
  readonly log2n: number;
  readonly p: number;
}

const BLOCK_SIZE = 8;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Hashes a password. The result has the form `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`. */
export const hashPassword = async (password: string, cost: Cost): Promise<string> => {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, cost);
  return `$scrypt$ln=${cost.log2n},r=${BLOCK_SIZE},p=${cost.p}$${toText(salt)}$${toText(hash)}`;
};

/** Whether a password has a hash. Takes as long for a wrong one. */
export const verifyPassword = async (password: string, hash: string): Promise<boolean> => {
  const parsed = parseHash(hash);
  return parsed !== undefined && timingSafeEqual(await derive(password, parsed.salt, parsed.cost), parsed.hash);
};

/** Whether a hash has another cost. */
export const isOutdated = (hash: string, { log2n, p }: Cost): boolean => {
  const cost = parseHash(hash)?.cost;
  return cost?.log2n !== log2n || cost.p !== p;
};

const parseHash = (text: string) => {
  const [, log2n, p, salt = "", hash = ""] = /^\$scrypt\$ln=(\d+),r=8,p=(\d+)\$([\w-]+)\$([\w-]{43})$/.exec(text) ?? [];
  if (log2n === undefined) return undefined;
  return {
    cost: { log2n: Number(log2n), p: Number(p) },
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
  return new Promise((resolve, reject) => {
    scrypt(text, salt, HASH_BYTES, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
};
