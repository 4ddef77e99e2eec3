/** The port that mail leaves through. */
export interface Mailer {
  /** Hands a message over to be sent; rejects when not even one recipient was accepted. */
  send(mail: Mail): Promise<void>;
  close(): Promise<void>;
}

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `tls` from the first byte, `starttls` required before the mail, or neither. */
  readonly security: "tls" | "starttls" | "none";
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** One line: line breaks are taken for spaces. */
  readonly subject: string;
  readonly text: string;
}
