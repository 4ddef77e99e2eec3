import { randomUUID } from "node:crypto";
import { type Mail, MailRefused, MOST_RECIPIENTS } from "../../core/ports/mail.ts";
import { domainOf, type MailAddress, readAddress } from "../../lib/mail-address.ts";
import { oneLine } from "./one-line.ts";

/** A mail whose every field can be put into its header as it is. */
export interface ReadyMail {
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

/** Reads each address of a mail, and leaves out those who have it already. Throws a {@link MailRefused} for what can't be sent, whoever sends it. */
export const readyMail = (mail: Mail): ReadyMail => {
  const wanted = mail.only && new Set(mail.only.map((text) => read(text).address.toLowerCase()));
  const all = (texts: readonly string[] = []) =>
    texts.map(read).filter(({ address }) => wanted === undefined || wanted.has(address.toLowerCase()));
  const [from, to, cc, bcc] = [read(mail.from), all(mail.to), all(mail.cc), all(mail.bcc)];
  const recipients = to.length + cc.length + bcc.length;
  if (recipients === 0) throw refused("it has no recipients");
  if (recipients > MOST_RECIPIENTS) throw refused(`it has ${recipients} recipients; ${MOST_RECIPIENTS} are the most`);
  const { id = randomUUID() } = mail;
  if (!/^[\w-]{1,100}$/.test(id)) throw refused("its id is not of letters, digits and dashes");
  return {
    ...{ from, to, cc, bcc },
    replyTo: (mail.replyTo ?? []).map(read),
    subject: oneLine(mail.subject),
    // What stands in records need not be Unicode; what goes over the wire must.
    text: mail.text.toWellFormed(),
    html: mail.html?.toWellFormed(),
    messageId: `<${id}@${domainOf(from)}>`,
    // So that nobody's notice of absence comes back (RFC 3834).
    headers: { "Auto-Submitted": "auto-generated", "X-Kintoun-Mail": id },
  };
};

const read = (text: string): MailAddress => {
  const address = readAddress(text);
  if (address === undefined) throw refused(`${JSON.stringify(oneLine(text))} is not one address`);
  return address;
};

const refused = (why: string) => new MailRefused(`The mail can't be sent: ${why}.`, { forGood: true });
