import { email } from "../../../plugins/email/index.ts";
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

/** The option `via` of the plugin `email`, and what the operator must know about it. */
export const toMailServer = (
  { host = "localhost", port, tls, startTls, username = "", password = "" }: MailValues,
  parameter: string,
): { readonly via: object; readonly needsPassword: boolean; readonly forcesTls: boolean } => {
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

/** The first issue of options of the plugin `email`. @param options not checked by the compiler */
export const findEmailIssue = (options: object): string | undefined => {
  const [issue] = email(options as Parameters<typeof email>[0]).resolve().issues ?? [];
  return issue && `${issue.path.map(String).join(".")} ${issue.message}`;
};
