import { isNativeError } from "node:util/types";
import { createTransport } from "nodemailer";
import { type Mailer, MailRefusedError, type RejectedRecipient, type SmtpServer } from "../../core/ports/mail.ts";
import type { MailAddress } from "../../lib/mail-address.ts";
import { prepareMail } from "./prepare-mail.ts";

/**
 * Timeouts of one response of the server, in ms. Servers that scan a mail before they accept it respond late. With a
 * shorter timeout such a mail would be sent twice.
 */
const TIMEOUTS_MS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 40_000, dnsTimeout: 10_000 };
/** Connections that concurrent mails share. */
const MAX_CONNECTIONS = 2;
/** Timeout of a whole mail. A listener has 55 seconds. */
const MAIL_TIMEOUT_MS = 45_000;

/**
 * Creates a mailer that uses an SMTP server. Concurrent mails share connections. They are closed after the last mail,
 * because a Lambda function may be frozen for hours before the next one.
 * @param password read when connections are opened, so it may change
 */
export const createSmtpMailer = (server: SmtpServer, password?: () => Promise<string>): Mailer => {
  let transport: ReturnType<typeof connect> | undefined;
  let activeMails = 0;
  return {
    async send(mail) {
      const { from, to, cc, bcc, replyTo, subject, text, html, messageId, headers } = prepareMail(mail);
      const auth =
        server.username === undefined ? undefined : { user: server.username, pass: (await password?.()) ?? "" };
      transport ??= connect(server, auth);
      activeMails += 1;
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), MAIL_TIMEOUT_MS);
      try {
        const { rejectedErrors = [] } = (await transport.sendMail({
          from: toMailbox(from),
          to: to.map(toMailbox),
          cc: cc.map(toMailbox),
          bcc: bcc.map(toMailbox),
          replyTo: replyTo.map(toMailbox),
          ...{ subject, text, messageId, headers: { ...headers } },
          ...(html !== undefined && { html }),
          envelope: { from: from.address, to: [...to, ...cc, ...bcc].map(({ address }) => address) },
          disableFileAccess: true,
          disableUrlAccess: true,
          // Closes the connection at the timeout, so that the mail does not arrive later.
          signal: controller.signal,
        })) as { rejectedErrors?: readonly SmtpError[] };
        return { rejected: rejectedErrors.map(toRejectedRecipient) };
      } catch (error) {
        const timeout = `the server took longer than ${MAIL_TIMEOUT_MS / 1000} s`;
        throw toMailError(server, controller.signal.aborted ? new Error(timeout) : error);
      } finally {
        clearTimeout(timer);
        activeMails -= 1;
        if (activeMails === 0) {
          transport?.close();
          transport = undefined;
        }
      }
    },
    async close() {
      transport?.close();
    },
  };
};

const connect = ({ host, port, security, ca }: SmtpServer, auth: { user: string; pass: string } | undefined) =>
  createTransport({
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    ...(auth && { auth }),
    ...(ca !== undefined && { tls: { ca } }),
    ...TIMEOUTS_MS,
  });

/** Nodemailer quotes and encodes names. */
const toMailbox = ({ name, address }: MailAddress) => ({ name, address });

/** An error of nodemailer. */
interface SmtpError extends Error {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly recipient?: string;
  readonly rejectedErrors?: readonly SmtpError[];
}

const toRejectedRecipient = ({
  recipient = "",
  responseCode = 0,
  response,
  message,
}: SmtpError): RejectedRecipient => ({
  address: recipient,
  reason: response ?? message,
  permanent: isPermanentCode(responseCode),
});

/** Codes that begin with 5 are permanent (RFC 5321, 4.2.1). */
const isPermanentCode = (code: number): boolean => code >= 500 && code < 600;

/**
 * Distinguishes a server that refuses the message or all of its recipients from one that cannot be reached or refuses
 * the login.
 */
const toMailError = ({ host, port }: SmtpServer, error: unknown): Error => {
  if (!isNativeError(error)) return new Error(`The mail could not be sent to ${host}:${port}: ${String(error)}`);
  const { code, responseCode = 0, rejectedErrors = [], message } = error as SmtpError;
  const rejected = rejectedErrors.length > 0 ? rejectedErrors.map(toRejectedRecipient) : undefined;
  if (code === "EENVELOPE" || code === "EMESSAGE") {
    const permanent =
      rejected === undefined ? isPermanentCode(responseCode) : rejected.every((recipient) => recipient.permanent);
    const reason = rejected?.map(({ address, reason }) => `${address}: ${reason}`).join("; ") ?? message;
    return new MailRefusedError(`${host}:${port} refuses the mail: ${reason}`, { permanent, rejected, cause: error });
  }
  return new Error(`The mail could not be sent to ${host}:${port}: ${message.trim()}.${toHint(code, message)}`, {
    cause: error,
  });
};

const toHint = (code: string | undefined, message: string): string => {
  if (code === "EAUTH") return " Check the username and the password.";
  if (/wrong version number|greeting never received/i.test(message))
    return ' Check `security`: servers usually expect "tls" on port 465 and "starttls" on port 587.';
  return "";
};
