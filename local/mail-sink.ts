import { appendFile, readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import type { SmtpServer } from "../core/ports/mail.ts";
import { readMail } from "./read-mail.ts";

/** A mail that the sink received. */
export interface ReceivedMail {
  readonly at: string;
  readonly from: string;
  readonly to: readonly string[];
  /** The decoded subject. */
  readonly subject: string;
  /** The source of the mail. */
  readonly raw: string;
}

/** Maximum number of mails in memory. */
const MAX_MAILS = 500;

/**
 * Starts an SMTP server that keeps all mails and forwards none.
 *
 * @param file file to keep them in; in memory only when absent
 */
export const startMailSink = async (file: string | undefined, now: () => number = Date.now) => {
  const mails: ReceivedMail[] = await load(file);
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    logger: false,
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const raw = Buffer.concat(chunks).toString("utf8");
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        receive(raw, from, to).then(() => done(), done);
      });
    },
  });
  const receive = async (raw: string, from: string, to: readonly string[]): Promise<void> => {
    const { header } = await readMail(raw);
    const mail = { at: new Date(now()).toISOString(), from, to, subject: header("subject") ?? "", raw };
    mails.push(mail);
    if (mails.length > MAX_MAILS) mails.shift();
    if (file !== undefined) await appendFile(file, `${JSON.stringify(mail)}\n`);
  };
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const { port } = server.server.address() as AddressInfo;
  const smtp: SmtpServer = { host: "127.0.0.1", port, security: "none" };
  return {
    smtp,
    mails: mails as readonly ReceivedMail[],
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
};

const load = async (file: string | undefined): Promise<ReceivedMail[]> => {
  if (file === undefined) return [];
  try {
    const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
    return lines.slice(-MAX_MAILS).map((line) => JSON.parse(line));
  } catch {
    return [];
  }
};
