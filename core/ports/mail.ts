/** The port that sends mail. */
export interface Mailer {
  /** Sends a mail. Rejects with a {@link MailRefusedError} when every recipient is refused, and with another error when the outcome is unknown. */
  send(mail: Mail): Promise<MailOutcome>;
  close(): Promise<void>;
}

/** The result of sending a mail that at least one recipient gets. */
export interface MailOutcome {
  /** The recipients that do not get the mail. */
  readonly rejected: readonly RejectedRecipient[];
}

export interface RejectedRecipient {
  /** The address without a display name. */
  readonly address: string;
  /** The mail server's response. */
  readonly reason: string;
  /** Whether another attempt would be refused too. */
  readonly permanent: boolean;
}

/** No recipient gets the mail. */
export class MailRefusedError extends Error {
  override readonly name = "MailRefusedError";
  /** Whether another attempt would be refused too. */
  readonly permanent: boolean;

  constructor(message: string, { permanent, cause }: { readonly permanent: boolean; readonly cause?: unknown }) {
    super(message, { cause });
    this.permanent = permanent;
  }
}

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `tls` from the start, required `starttls`, or no encryption. The server needs a certificate for its host name. */
  readonly security: "tls" | "starttls" | "none";
  /** The user to log in as, with the password of the plugin's need; no login when absent. */
  readonly username?: string | undefined;
  /** PEM certificates of the authorities to trust instead of Node's. */
  readonly ca?: string | undefined;
}

/** A mail. Addresses have the form `ada@example.org` or `Ada Lovelace <ada@example.org>`, one per string. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  readonly replyTo?: readonly string[];
  /** A single line; line breaks become spaces. */
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  /**
   * Letters, digits and dashes that stay the same when the mail is sent again; used in `Message-ID` and `X-Kintoun-Mail`.
   * Default: a generated id.
   */
  readonly id?: string;
  /** The recipients to send to in this attempt, when the others already have the mail; default: all. */
  readonly only?: readonly string[];
}

/** Maximum number of recipients per mail (SES's limit). */
export const MAX_RECIPIENTS = 50;
