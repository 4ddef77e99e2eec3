import { randomUUID } from "node:crypto";
import { MAX_RECIPIENTS, type Mail, MailRefusedError } from "../../core/ports/mail.ts";
import { domainOf, type MailAddress, parseMailAddress } from "../../lib/mail-address.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";

/** A mail whose fields can be written into the header as they are. */
export interface PreparedMail {
  readonly from: MailAddress;
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly bcc: readonly MailAddress[];
  readonly replyTo: readonly MailAddress[];
  readonly subject: string;
  readonly text: string;
  readonly html: string | undefined;
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Parses the addresses of a mail and drops the recipients that are not in `only`. Throws a {@link MailRefusedError} for
 * a mail that no server would accept.
 */
export const prepareMail = (mail: Mail): PreparedMail => {
  const only = mail.only && new Set(mail.only.map((text) => parseAddress(text).address.toLowerCase()));
  const parseRecipients = (texts: readonly string[] = []) =>
    texts.map(parseAddress).filter(({ address }) => only === undefined || only.has(address.toLowerCase()));
  const from = parseAddress(mail.from);
  const [to, cc, bcc] = [parseRecipients(mail.to), parseRecipients(mail.cc), parseRecipients(mail.bcc)];
  const recipients = to.length + cc.length + bcc.length;
  if (recipients === 0) throw mailRefused("it has no recipients");
  if (recipients > MAX_RECIPIENTS)
    throw mailRefused(`it has ${recipients} recipients; the maximum is ${MAX_RECIPIENTS}`);
  const { id = randomUUID() } = mail;
  if (!/^[\w-]{1,100}$/.test(id)) throw mailRefused("its id must be 1 to 100 letters, digits and dashes");
  return {
    from,
    to,
    cc,
    bcc,
    replyTo: (mail.replyTo ?? []).map(parseAddress),
    subject: toHeaderText(mail.subject),
    // Text from records may contain lone surrogates, which cannot be encoded.
    text: mail.text.toWellFormed(),
    html: mail.html?.toWellFormed(),
    messageId: `<${id}@${domainOf(from)}>`,
    // Suppresses automatic replies (RFC 3834).
    headers: { "Auto-Submitted": "auto-generated", "X-Kintoun-Mail": id },
  };
};

const parseAddress = (text: string): MailAddress => {
  const address = parseMailAddress(text);
  if (address === undefined) throw mailRefused(`${JSON.stringify(toHeaderText(text))} is not one address`);
  return { ...address, name: breakEncodedWords(address.name) };
};

const mailRefused = (reason: string) => new MailRefusedError(`The mail can't be sent: ${reason}.`, { permanent: true });

const MAX_HEADER_CHARS = 500;

/** Removes control characters, which could start another header. */
const toHeaderText = (text: string): string =>
  breakEncodedWords(truncateText(text.replace(/[\p{Cc}\u2028\u2029]+/gu, " "), MAX_HEADER_CHARS).toWellFormed());

/**
 * Adds an invisible character (U+2060) to text that looks like an encoded word of RFC 2047, such as
 * `=?UTF-8?B?ZXZpbA==?=`. Otherwise readers would decode it, also where it is quoted.
 */
const breakEncodedWords = (text: string): string => text.replace(/=\?(?=[^?\s]+\?[bq]\?)/gi, "=\u2060?");
