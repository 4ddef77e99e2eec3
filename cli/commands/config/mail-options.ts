import { parseMailAddress } from "../../../lib/mail-address.ts";
import { splitList } from "./setting-values.ts";

/** The values of a mail server in an ini file. */
interface MailValues {
  readonly host: string | undefined;
  readonly port: string | undefined;
  /** Encryption from the start, and encryption by STARTTLS. */
  readonly tls: boolean;
  readonly startTls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** The option `via` of the plugin `email`. */
interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly security: "tls" | "starttls" | "none";
  readonly username?: string;
  readonly password?: { readonly parameter: string };
}

/** The option `via` of the plugin `email`, and what the operator must know about it. */
export const toMailServer = (
  { host = "localhost", port, tls, startTls, username = "", password = "" }: MailValues,
  parameter: string,
): { readonly via: MailServer; readonly needsPassword: boolean; readonly forcesTls: boolean } => {
  const needsPassword = username !== "" && password !== "";
  const isPlain = !tls && !startTls;
  const security = tls ? "tls" : isPlain && !needsPassword ? "none" : "starttls";
  return {
    via: {
      host: host === "" ? "localhost" : host,
      port: Number(port ?? (tls ? 465 : 25)),
      security,
      ...(needsPassword && { username, password: { parameter } }),
    },
    needsPassword,
    // Passwords are not sent without encryption.
    forcesTls: isPlain && needsPassword,
  };
};

/** Splits `host:port`. */
export const splitServer = (server: string): { readonly host: string; readonly port: string | undefined } => {
  const [, host = server, port] = /^(.+):(\d{1,5})$/.exec(server) ?? [];
  return { host, port };
};

/** The addresses of a list. Commas, which Kinto would keep, are removed. */
export const splitAddresses = (text: string): readonly string[] =>
  splitList(text).flatMap((word) => word.split(",").filter((part) => part !== ""));

/** Maximum number of recipients that the options of `email` may name. */
const MAX_RECIPIENTS = 50;

/** Why the plugin `email` would not accept values of an ini file; `undefined` if it does. */
export const findMailIssue = ({
  from,
  recipients = [],
  via,
}: {
  from: string;
  recipients?: readonly string[];
  via: { readonly port: number };
}): string | undefined => {
  if (parseMailAddress(from) === undefined) return "the sender must be one mail address";
  const invalid = recipients.findIndex((one) => parseMailAddress(one) === undefined);
  if (invalid !== -1) return `recipient ${invalid + 1} must be one mail address`;
  if (recipients.length > MAX_RECIPIENTS) return `it has more than ${MAX_RECIPIENTS} recipients`;
  const { port } = via;
  return Number.isInteger(port) && port >= 1 && port <= 65_535
    ? undefined
    : "the port must be a number from 1 to 65535";
};
