import { createTransport } from "nodemailer";
import type { Mailer, SmtpServer } from "../../core/mail.ts";
import { oneLine } from "./one-line.ts";

/** Milliseconds that a server may keep us waiting; a worker has a minute. */
const PATIENCE = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

export const openSmtp = ({ host, port, security }: SmtpServer): Mailer => {
  const transport = createTransport({
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    ...PATIENCE,
  });
  return {
    async send({ from, to, subject, text }) {
      await transport.sendMail({ from, to: [...to], subject: oneLine(subject), text, disableFileAccess: true, disableUrlAccess: true });
    },
    async close() {
      transport.close();
    },
  };
};
