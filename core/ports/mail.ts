/**
 * The port that sends mail.
 * @example
 * const greet = (mailer: Mailer): Promise<MailOutcome> =>
 *   mailer.send({ from: "store@example.org", to: ["ada@example.org"], subject: "Hi", text: "Hello" });
 */
export interface Mailer {
  /**
   * Sends a mail. Rejects with a {@link MailRefusedError} when every recipient is refused, and with another error when
   * the outcome is unknown.
   */
  send(mail: Mail): Promise<MailOutcome>;
  close(): Promise<void>;
}

/**
 * The result of sending a mail that at least one recipient gets.
 * @example
 * const allAccepted = ({ rejected }: MailOutcome): boolean => rejected.length === 0;
 */
export interface MailOutcome {
  /** The recipients that do not get the mail. */
  readonly rejected: readonly RejectedRecipient[];
}

/**
 * A recipient that does not get a mail.
 * @example
 * const rejected: RejectedRecipient = { address: "ada@example.org", reason: "550 No such user", permanent: true };
 */
export interface RejectedRecipient {
  /** The address without a display name. */
  readonly address: string;
  /** The mail server's response. */
  readonly reason: string;
  /** Whether another attempt would be refused too. */
  readonly permanent: boolean;
}

interface MailRefusal {
  readonly permanent: boolean;
  readonly rejected?: readonly RejectedRecipient[] | undefined;
  readonly cause?: unknown;
}

/**
 * No recipient gets the mail.
 * @example
 * const isPermanent = (error: unknown): boolean => error instanceof MailRefusedError && error.permanent;
 */
export class MailRefusedError extends Error {
  override readonly name = "MailRefusedError";
  /** Whether another attempt would be refused too, for every recipient. */
  readonly permanent: boolean;
  /** The reason for each recipient, if the server gave one for each. */
  readonly rejected: readonly RejectedRecipient[] | undefined;

  constructor(message: string, { permanent, rejected, cause }: MailRefusal) {
    super(message, { cause });
    this.permanent = permanent;
    this.rejected = rejected;
  }
}

/**
 * A mail server.
 * @example
 * const server: SmtpServer = { host: "smtp.example.org", port: 587, security: "starttls", username: "store" };
 */
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

/**
 * A mail. Addresses have the form `ada@example.org` or `Ada Lovelace <ada@example.org>`, one per string.
 * @example
 * const mail: Mail = { from: "store@example.org", to: ["ada@example.org"], subject: "Hi", text: "Hello" };
 */
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
   * Letters, digits and dashes that stay the same when the mail is sent again; used in `Message-ID` and
   * `X-Kintoun-Mail`. Default: a generated id.
   */
  readonly id?: string;
  /** The recipients to send to in this attempt, when the others already have the mail; default: all. */
  readonly only?: readonly string[];
}

/**
 * Maximum number of recipients per mail (SES's limit).
 * @example
 * const isTooMany = (recipients: readonly string[]): boolean => recipients.length > MAX_RECIPIENTS;
 */
export const MAX_RECIPIENTS = 50;
