import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { SMTPServer } from "smtp-server";
import { makeCertificate } from "./certificate.ts";

export interface SmtpOptions {
  /** TLS from the first byte. */
  readonly secure?: boolean;
  /** Whether it supports encryption, with {@link CERTIFICATE}. */
  readonly tls?: boolean;
  /** Name and password that are required to send. */
  readonly login?: readonly [string, string];
  /** Response codes by recipient. */
  readonly refuse?: Readonly<Record<string, number>>;
  /** Response code for the text of any mail. */
  readonly refuseText?: number;
}

export const CERTIFICATE = makeCertificate();

/** Starts an SMTP server on a free port, which records the mails that it accepts. */
export const startSmtp = async ({ secure = false, tls = false, login, refuse = {}, refuseText }: SmtpOptions) => {
  const mails: { from: string; to: string[]; secure: boolean; raw: string; fields: Record<string, string> }[] = [];
  let connections = 0;
  let open = 0;
  const callbacks: Record<string, () => void> = {};
  const answer = (code: number, message: string) => Object.assign(new Error(message), { responseCode: code });
  const server = new SMTPServer({
    secure,
    ...CERTIFICATE,
    logger: false,
    disabledCommands: [...(tls ? [] : ["STARTTLS"]), ...(login === undefined ? ["AUTH"] : [])],
    authOptional: login === undefined,
    allowInsecureAuth: true,
    onConnect: (_, done) => {
      connections += 1;
      open += 1;
      done();
    },
    onClose: () => {
      open -= 1;
    },
    onAuth: ({ username = "", password }, _, done) =>
      username === login?.[0] && password === login[1]
        ? done(null, { user: username })
        : done(answer(535, "Wrong name or password")),
    onRcptTo: ({ address }, _, done) => {
      const code = refuse[address];
      done(code === undefined ? null : answer(code, "Not here"));
      callbacks[address]?.();
    },
    onData: (stream, session, done) => {
      void text(stream).then((raw) => {
        if (refuseText !== undefined) return done(answer(refuseText, "Not such a text"));
        const from = session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address;
        mails.push({
          from,
          to: session.envelope.rcptTo.map(({ address }) => address),
          secure: session.secure,
          raw,
          fields: fieldsOf(raw),
        });
        return done();
      });
    },
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    connections: () => connections,
    /** Runs a function when a recipient is received. */
    after: (address: string, run: () => void) => {
      callbacks[address] = run;
    },
    /** Resolves with 0 when no connection is open. */
    open: async () => {
      for (let looks = 0; open > 0 && looks < 200; looks++) await delay(10);
      return open;
    },
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
};

const fieldsOf = (raw: string): Record<string, string> => {
  const [header = ""] = raw.split("\r\n\r\n", 1);
  const lines = header.replace(/\r\n[ \t]+/g, " ").split("\r\n");
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
  );
};
