import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  randomUUID,
  timingSafeEqual,
} from "node:crypto";
import * as z from "zod";
import { type Cost, hashPassword } from "./hash.ts";

/** What proves the user of an account. It is stored sealed in the account's `password`. */
const credentials = z.strictObject({
  /** The hash of the password. */
  hash: z.string(),
  /** A random id that changes with the password and when all sessions end. Sessions and mails of an older one are invalid. */
  epoch: z.string(),
  /** SHA-256 of the sealed credentials that these replace; `null` for a new password. */
  replaces: z.string().nullable(),
  /** When the account was created, in epoch ms. */
  created: z.number(),
  /** The secret of one-time codes in base 32, if the account has a second factor. */
  totp: z.string().optional(),
  /** SHA-256 of the recovery codes that are left. */
  recovery: z.array(z.string()).optional(),
});
export type Credentials = z.output<typeof credentials>;

/** Seals credentials, so that the stored account, its events and copies do not show them. */
export interface Sealer {
  readonly seal: (id: string, credentials: Credentials) => Promise<string>;
  /** Returns the credentials; `undefined` if the text was not sealed for this account by this store. */
  readonly open: (id: string, sealed: unknown) => Promise<Credentials | undefined>;
}

/** Hashes a text that only its holder knows and that is too long to guess. */
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** Compares two secrets in a time that does not depend on them. */
export const equals = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

const PREFIX = "sealed.1.";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @param readSecret returns the secret that the key is derived from */
export const createSealer = (readSecret: () => Promise<string>): Sealer => {
  const readKey = async () => Buffer.from(hkdfSync("sha256", await readSecret(), "", "account credentials", 32));
  return {
    seal: async (id, value) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", await readKey(), nonce).setAAD(Buffer.from(id));
      const sealed = [nonce, cipher.update(JSON.stringify(value), "utf8"), cipher.final(), cipher.getAuthTag()];
      return `${PREFIX}${Buffer.concat(sealed).toString("base64url")}`;
    },
    open: async (id, sealed) => {
      if (typeof sealed !== "string" || !sealed.startsWith(PREFIX)) return undefined;
      const bytes = Buffer.from(sealed.slice(PREFIX.length), "base64url");
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv("aes-256-gcm", await readKey(), bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(id))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
        return credentials.parse(JSON.parse(text.toString("utf8")));
      } catch {
        return undefined;
      }
    },
  };
};

/** The credentials of a new password. A second factor stays. */
export const newCredentials = async (
  password: string,
  { cost, now }: { readonly cost: Cost; readonly now: number },
  present?: Credentials,
): Promise<Credentials> => ({
  ...(present?.totp !== undefined && { totp: present.totp, recovery: present.recovery ?? [] }),
  hash: await hashPassword(password, cost),
  epoch: randomUUID(),
  created: present?.created ?? now,
  replaces: null,
});
