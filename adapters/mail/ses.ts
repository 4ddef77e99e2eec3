import { SESv2Client, type SESv2ClientConfig, SESv2ServiceException, SendEmailCommand } from "@aws-sdk/client-sesv2";
import { encodeWords } from "nodemailer/lib/mime-funcs";
import { type Mailer, MailRefusedError } from "../../core/ports/mail.ts";
import type { MailAddress } from "../../lib/mail-address.ts";
import { prepareMail } from "./prepare-mail.ts";

/** Errors that no retry can fix. https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */
const PERMANENT_ERRORS = [
  "BadRequestException",
  "MessageRejected",
  "MailFromDomainNotVerifiedException",
  "NotFoundException",
];

/**
 * Creates a mailer that uses SES. The sender must be a verified identity of the account. SES accepts a mail for all of
 * its recipients or for none, and sets the `Message-ID` itself.
 */
export const createSesMailer = (config: SESv2ClientConfig = {}): Mailer => {
  const client = new SESv2Client(config);
  return {
    async send(mail) {
      const { from, to, cc, bcc, replyTo, subject, text, html, headers } = prepareMail(mail);
      const Headers = Object.entries(headers).map(([Name, Value]) => ({ Name, Value }));
      const Body = { Text: toUtf8(text), ...(html !== undefined && { Html: toUtf8(html) }) };
      const command = new SendEmailCommand({
        FromEmailAddress: formatMailbox(from),
        Destination: {
          ToAddresses: to.map(formatMailbox),
          CcAddresses: cc.map(formatMailbox),
          BccAddresses: bcc.map(formatMailbox),
        },
        ReplyToAddresses: replyTo.map(formatMailbox),
        Content: { Simple: { Subject: toUtf8(subject), Body, Headers } },
      });
      try {
        await client.send(command);
      } catch (error) {
        if (!(error instanceof SESv2ServiceException) || !PERMANENT_ERRORS.includes(error.name)) throw error;
        throw new MailRefusedError(`SES refuses the mail: ${error.name}: ${error.message}`, {
          permanent: true,
          cause: error,
        });
      }
      return { rejected: [] };
    },
    async close() {
      client.destroy();
    },
  };
};

const toUtf8 = (Data: string) => ({ Data, Charset: "UTF-8" });

/** SES accepts ASCII only, so names become quoted strings or the encoded words of RFC 2047. */
const formatMailbox = ({ name, address }: MailAddress): string => {
  if (name === "") return address;
  const isAscii = /^[\x20-\x7e]*$/.test(name);
  return `${isAscii ? `"${name.replace(/["\\]/g, "\\$&")}"` : encodeWords(name, "Q", 52, true)} <${address}>`;
};
