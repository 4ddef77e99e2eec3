/** The port that mail leaves through. */
export interface Mailer {
  /** Hands a message over to be sent. Rejects with a {@link MailRefused} when not even one recipient was accepted, and with other errors when that is not known. */
  send(mail: Mail): Promise<MailOutcome>;
  close(): Promise<void>;
}

/** What became of a mail that somebody gets. */
export interface MailOutcome {
  /** Those who do not. */
  readonly refused: readonly RefusedRecipient[];
}

export interface RefusedRecipient {
  /** Without a name. */
  readonly address: string;
  /** In the server's words. */
  readonly reason: string;
  /** Whether it is refused the next time too. */
  readonly forGood: boolean;
}

/** Nobody gets the mail. */
export class MailRefused extends Error {
  override readonly name = "MailRefused";
  /** Whether it is refused the next time too. */
  readonly forGood: boolean;

  constructor(message: string, { forGood, cause }: { readonly forGood: boolean; readonly cause?: unknown }) {
    super(message, { cause });
    this.forGood = forGood;
  }
}

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `tls` from the first byte, `starttls` required before the mail, or neither. The server must have a certificate for its name. */
  readonly security: "tls" | "starttls" | "none";
  /** Who logs in, with the password that the need is given; nobody does when absent. */
  readonly username?: string | undefined;
  /** PEM of the authorities that its certificate is checked by, instead of those that Node knows. */
  readonly ca?: string | undefined;
}

/** Addresses are `ada@example.org` or `Ada Lovelace <ada@example.org>`, each text just one. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  readonly replyTo?: readonly string[];
  /** One line: line breaks are taken for spaces. */
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  /** Letters, digits and dashes that the same mail has however often it is sent; it is told in `Message-ID` and `X-Kintoun-Mail`. Made for it when absent. */
  readonly id?: string;
  /** Addresses among those above that it is handed over for now, the others having it already; all when absent. */
  readonly only?: readonly string[];
}

/** Recipients of one mail, at most (SES's limit). */
export const MOST_RECIPIENTS = 50;
