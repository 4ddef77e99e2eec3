import { SESv2Client, type SESv2ClientConfig, SendEmailCommand } from "@aws-sdk/client-sesv2";
import type { Mailer } from "../../core/mail.ts";
import { oneLine } from "./one-line.ts";

/** Mail by SES: the sender must be a verified identity of the account. */
export const openSes = (config: SESv2ClientConfig = {}): Mailer => {
  const client = new SESv2Client(config);
  return {
    async send({ from, to, subject, text }) {
      const Content = { Simple: { Subject: { Data: oneLine(subject), Charset: "UTF-8" }, Body: { Text: { Data: text, Charset: "UTF-8" } } } };
      await client.send(new SendEmailCommand({ FromEmailAddress: from, Destination: { ToAddresses: [...to] }, Content }));
    },
    async close() {
      client.destroy();
    },
  };
};
