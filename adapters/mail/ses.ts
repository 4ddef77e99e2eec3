import { SESv2Client, type SESv2ClientConfig, SESv2ServiceException, SendEmailCommand } from "@aws-sdk/client-sesv2";
import { encodeWords } from "nodemailer/lib/mime-funcs";
import { type Mailer, MailRefused } from "../../core/ports/mail.ts";
import type { MailAddress } from "../../lib/mail-address.ts";
import { readyMail } from "./ready.ts";

/** Answers that another try does not change. https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */
const FOR_GOOD = ["BadRequestException", "MessageRejected", "MailFromDomainNotVerifiedException", "NotFoundException"];

/** Mail by SES: the sender must be a verified identity of the account. SES takes a mail for all its recipients or for none, and makes its `Message-ID` itself. */
export const openSes = (config: SESv2ClientConfig = {}): Mailer => {
  const client = new SESv2Client(config);
  return {
    async send(mail) {
      const { from, to, cc, bcc, replyTo, subject, text, html, headers } = readyMail(mail);
      const Headers = Object.entries(headers).map(([Name, Value]) => ({ Name, Value }));
      const Body = { Text: utf8(text), ...(html !== undefined && { Html: utf8(html) }) };
      const command = new SendEmailCommand({
        FromEmailAddress: shown(from),
        Destination: { ToAddresses: to.map(shown), CcAddresses: cc.map(shown), BccAddresses: bcc.map(shown) },
        ReplyToAddresses: replyTo.map(shown),
        Content: { Simple: { Subject: utf8(subject), Body, Headers } },
      });
      try {
        await client.send(command);
      } catch (error) {
        if (!(error instanceof SESv2ServiceException) || !FOR_GOOD.includes(error.name)) throw error;
        throw new MailRefused(`SES refuses the mail: ${error.name}: ${error.message}`, { forGood: true, cause: error });
      }
      return { refused: [] };
    },
    async close() {
      client.destroy();
    },
  };
};

const utf8 = (Data: string) => ({ Data, Charset: "UTF-8" });

/** SES takes ASCII alone: names as quoted strings, or as the encoded words of RFC 2047. */
const shown = ({ name, address }: MailAddress): string => {
  if (name === "") return address;
  return `${/^[\x20-\x7e]*$/.test(name) ? `"${name}"` : encodeWords(name, "Q", 52, true)} <${address}>`;
};
