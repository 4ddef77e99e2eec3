import { createHash } from "node:crypto";
import type { CaughtMails, MailSummary } from "../kit/inspection.ts";
import type { ReceivedMail } from "./mail-sink.ts";
import { readMail } from "./read-mail.ts";

const SHOWN_HEADERS = ["from", "to", "cc", "reply-to"] as const;

/** Gives access to what the mail sink has received. @param mails oldest first; grows, and loses its oldest */
export const createCaughtMails = (mails: readonly ReceivedMail[]): CaughtMails => {
  const ids = new WeakMap<ReceivedMail, string>();
  /** Two equal mails of one millisecond have the same id, and the same content. */
  const idOf = (mail: ReceivedMail): string => {
    const known = ids.get(mail);
    if (known !== undefined) return known;
    const source = JSON.stringify([mail.at, mail.from, mail.to, mail.raw]);
    const id = createHash("sha256").update(source).digest("hex").slice(0, 24);
    ids.set(mail, id);
    return id;
  };
  const summarize = (mail: ReceivedMail): MailSummary => {
    const { at, from, to, subject } = mail;
    return { id: idOf(mail), at, from, to, subject };
  };
  return {
    list: () => mails.toReversed().map(summarize),
    get: async (id) => {
      const mail = mails.find((one) => idOf(one) === id);
      if (mail === undefined) return undefined;
      const { header, text, html } = await readMail(mail.raw);
      const headers = SHOWN_HEADERS.flatMap((name) => {
        const value = header(name);
        return value === undefined ? [] : [[name, value] as const];
      });
      return { ...summarize(mail), headers: Object.fromEntries(headers), text, html, raw: mail.raw };
    },
  };
};
