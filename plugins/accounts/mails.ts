import { createHmac, randomBytes, randomInt } from "node:crypto";
import { fillTemplate, type Log, type Mailer, parseMailAddress, type State } from "@kintoun/kit";
import * as z from "zod";
import type { Account, Accounts } from "./accounts.ts";
import { equals, hashSecret } from "./credentials.ts";
import { RESETS, type Reset } from "./login.ts";
import type { MailOptions } from "./options.ts";

/** A mail to write. Its secrets are made by the worker, so that no queue has them. */
export const mailRequest = z.strictObject({
  kind: z.enum(["validation", "confirmation", "reset", "code"]),
  account: z.string(),
});
export type MailRequest = z.output<typeof mailRequest>;

const VALIDATION_MS = 7 * 24 * 3600_000;
const RESET_HOURS = 24;
const CODE_MINUTES = 10;
/** Decimal digits of a code. Ten guesses are allowed by default. */
const CODE_DIGITS = 8;
const CODES = "mail-codes";

/** The field `email` of an account: an address without a name. */
export const emailSchema = z
  .string()
  .max(254)
  .refine((text) => parseMailAddress(text)?.address === text, {
    error: "must be a mail address, such as ada@example.org",
  });

/** The address of an account: its id, or its field `email`. */
export const addressOf = ({ id, data }: Pick<Account, "id" | "data">): string | undefined =>
  [id, data.email].flatMap((text) => (typeof text === "string" ? (parseMailAddress(text)?.address ?? []) : []))[0];

export interface Mails {
  readonly send: (request: MailRequest, id: string, log: Log) => Promise<void>;
  /** Whether a key of a validation mail is right. */
  readonly isValidationKey: (account: Account, key: string) => Promise<boolean>;
  /** Whether a code of a mail is right. It can be used once. */
  readonly useCode: (of: { readonly id: string; readonly epoch: string }, code: string) => Promise<boolean>;
}

interface MailContext {
  readonly accounts: Accounts;
  readonly state: State;
  readonly mailer: Mailer | undefined;
  readonly options: MailOptions | undefined;
  readonly readSecret: () => Promise<string>;
  readonly now: () => number;
}

export const createMails = ({ accounts, state, mailer, options, readSecret, now }: MailContext): Mails => {
  const sign = async (...parts: readonly string[]): Promise<string> =>
    createHmac("sha256", await readSecret())
      .update(JSON.stringify(parts))
      .digest("hex");

  const signKey = ({ id, credentials }: Account, expires: string) =>
    sign("validation", id, credentials.epoch, expires).then((signature) => signature.slice(0, 40));

  /** Makes the secret of a mail, and returns the values of its template. */
  const prepare = {
    validation: async (account: Account) => {
      const expires = (now() + VALIDATION_MS).toString(36);
      return { key: `${expires}-${await signKey(account, expires)}` };
    },
    confirmation: async () => ({}),
    reset: async ({ id, credentials }: Account) => {
      const password = randomBytes(15).toString("base64url");
      const reset: Reset = {
        hash: hashSecret(password),
        epoch: credentials.epoch,
        expires: now() + RESET_HOURS * 3600_000,
      };
      await state.put(RESETS, id, { ...reset }, { expires: reset.expires });
      return { password, hours: RESET_HOURS };
    },
    code: async ({ id, credentials }: Account) => {
      const code = String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, "0");
      const expires = now() + CODE_MINUTES * 60_000;
      const hash = await sign("code", id, credentials.epoch, code);
      await state.put(CODES, id, { hash, expires }, { expires });
      return { code, minutes: CODE_MINUTES };
    },
  };

  return {
    send: async ({ kind, account: name }, messageId, log) => {
      const account = await accounts.find(name);
      const to = account && addressOf(account);
      if (options === undefined || mailer === undefined || account === undefined || to === undefined) return;
      if (account.data.disabled === true || (kind === "validation" && account.data.validated !== false)) return;
      if (["reset", "code"].includes(kind) && account.data.validated === false) return;
      const values = { id: account.id, root_url: options.rootUrl, ...(await prepare[kind](account)) };
      const { subject, text, html } = options.templates[kind];
      const { rejected } = await mailer.send({
        id: messageId,
        from: options.from,
        to: [to],
        subject: fillTemplate(subject, values),
        text: fillTemplate(text, values),
        ...(html !== undefined && { html: fillTemplate(html, values, escapeHtml) }),
      });
      if (rejected.length > 0)
        log.warn("A mail was refused", { account: account.id, kind, reason: rejected[0]?.reason });
    },
    isValidationKey: async (account, key) => {
      const [, expires = "", signature = ""] = /^([a-z0-9]{1,12})-([a-f0-9]{40})$/.exec(key) ?? [];
      return Number.parseInt(expires, 36) > now() && equals(signature, await signKey(account, expires));
    },
    useCode: async ({ id, epoch }, code) => {
      const hash = await sign("code", id, epoch, code);
      let isRight = false;
      await state.change(CODES, id, (value) => {
        const stored = value as { readonly hash: string; readonly expires: number } | undefined;
        isRight = stored !== undefined && stored.expires > now() && equals(stored.hash, hash);
        return isRight ? { hash: "", expires: 0 } : undefined;
      });
      return isRight;
    },
  };
};

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
