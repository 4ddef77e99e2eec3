import { isNativeError } from "node:util/types";
import { createTransport } from "nodemailer";
import { type Mailer, MailRefused, type RefusedRecipient, type SmtpServer } from "../../core/ports/mail.ts";
import type { MailAddress } from "../../lib/mail-address.ts";
import { readyMail } from "./ready.ts";

/**
 * Milliseconds that a server may keep us waiting for its next word, and connections that the mails of one moment share. Servers that look through a mail
 * before they take it answer late: who goes before that sends it once more.
 */
const PATIENCE = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 40_000, dnsTimeout: 10_000 };
const CONNECTIONS = 2;
/** Milliseconds for the whole of a mail; a listener has 55 seconds. */
const LONGEST = 45_000;

/**
 * Mail by a server of one's own. Connections serve the mails that are under way together and are closed after the last of them: Lambda
 * may let hours pass before the next.
 * @param password asked for when a connection is opened; whoever keeps it may change it
 */
export const openSmtp = (server: SmtpServer, password?: () => Promise<string>): Mailer => {
  let transport: ReturnType<typeof connect> | undefined;
  let underWay = 0;
  return {
    async send(mail) {
      const { from, to, cc, bcc, replyTo, subject, text, html, messageId, headers } = readyMail(mail);
      const auth =
        server.username === undefined ? undefined : { user: server.username, pass: (await password?.()) ?? "" };
      transport ??= connect(server, auth);
      underWay += 1;
      const tooLong = new AbortController();
      const timer = setTimeout(() => tooLong.abort(), LONGEST);
      try {
        const { rejectedErrors = [] } = (await transport.sendMail({
          ...{
            from: shown(from),
            to: to.map(shown),
            cc: cc.map(shown),
            bcc: bcc.map(shown),
            replyTo: replyTo.map(shown),
          },
          ...{ subject, text, messageId, headers: { ...headers } },
          ...(html !== undefined && { html }),
          envelope: { from: from.address, to: [...to, ...cc, ...bcc].map(({ address }) => address) },
          disableFileAccess: true,
          disableUrlAccess: true,
          // Closes the connection of a mail that takes longer, so that it does not arrive after all.
          signal: tooLong.signal,
        })) as { rejectedErrors?: readonly SmtpError[] };
        return { refused: rejectedErrors.map(toRefused) };
      } catch (error) {
        throw toFailure(
          server,
          tooLong.signal.aborted ? new Error(`the server took longer than ${LONGEST / 1000} s`) : error,
        );
      } finally {
        clearTimeout(timer);
        underWay -= 1;
        if (underWay === 0) {
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
    maxConnections: CONNECTIONS,
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    ...(auth && { auth }),
    ...(ca !== undefined && { tls: { ca } }),
    ...PATIENCE,
  });

/** The whole of a name in quotes where it must be, and encoded where it is not ASCII: nodemailer's part. */
const shown = ({ name, address }: MailAddress) => ({ name, address });

/** What nodemailer throws, and lists of recipients. */
interface SmtpError extends Error {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly recipient?: string;
  readonly rejectedErrors?: readonly SmtpError[];
}

const toRefused = ({ recipient = "", responseCode = 0, response, message }: SmtpError): RefusedRecipient => ({
  address: recipient,
  reason: response ?? message,
  forGood: isForGood(responseCode),
});

/** 5 begins what will not change by waiting (RFC 5321, 4.2.1). */
const isForGood = (code: number): boolean => code >= 500 && code < 600;

/** What the server says of the message itself or of all its recipients is told apart from a server that can't be reached or lets nobody in. */
const toFailure = ({ host, port }: SmtpServer, error: unknown): Error => {
  if (!isNativeError(error)) return new Error(`Mail could not be handed to ${host}:${port}: ${String(error)}`);
  const { code, responseCode = 0, rejectedErrors = [], message } = error as SmtpError;
  const told = rejectedErrors.length > 0 ? rejectedErrors.map(toRefused) : undefined;
  if (code === "EENVELOPE" || code === "EMESSAGE") {
    const forGood = told === undefined ? isForGood(responseCode) : told.every((one) => one.forGood);
    const why = told?.map(({ address, reason }) => `${address}: ${reason}`).join("; ") ?? message;
    return new MailRefused(`${host}:${port} refuses the mail: ${why}`, { forGood, cause: error });
  }
  return new Error(`Mail could not be handed to ${host}:${port}: ${message.trim()}.${hintFor(code, message)}`, {
    cause: error,
  });
};

const hintFor = (code: string | undefined, message: string): string => {
  if (code === "EAUTH") return " Is the username right, and the password that it is given?";
  if (/wrong version number|greeting never received/i.test(message))
    return ' Is it the security that the server has there? "tls" is usual on port 465, "starttls" on 587.';
  return "";
};
