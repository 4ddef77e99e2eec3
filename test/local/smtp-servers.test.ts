import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Config, type LocalMail, readConfig } from "../../config/config.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import type { KintounConfig } from "../../kit/config.ts";
import { startCloud } from "../../local/cloud.ts";
import { describeMail } from "../../local/smtp-servers.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { email } from "../../plugins/email/index.ts";
import { createClient, createRequester } from "../../testing/client.ts";
import { CERTIFICATE, startSmtp } from "../adapters/mail/real-smtp.ts";

describe("mail of the embedded cloud", () => {
  let server: Awaited<ReturnType<typeof startSmtp>>;
  beforeAll(async () => {
    server = await startSmtp({ tls: true, login: ["store", "a password"] });
  });
  afterAll(() => server.stop());

  const hook = { from: "store@example.org", recipients: ["ops@example.org"], on: ["bucket.create" as const] };
  const toServer = () => ({
    host: "localhost",
    port: server.port,
    username: "store",
    password: { parameter: "/kintoun/smtp" },
    ca: CERTIFICATE.cert,
  });
  const configOf = (config: Partial<KintounConfig> = {}): Config =>
    readConfig(
      { plugins: [basicauth(), email({ ...hook, via: toServer() }), email({ ...hook, name: "audit" })], ...config },
      { pluginVariables: new Map([["KINTOUN_PLUGIN_EMAIL_SMTP_PASSWORD", "a password"]]) },
    );

  /** Creates a bucket. @returns the numbers of mails that the SMTP server got and that were caught */
  const countMails = async (config: Config, mail?: LocalMail) => {
    const before = server.mails.length;
    const cloud = await startCloud({ config, mail, port: 0, log: createJsonLog(() => undefined) });
    try {
      await createClient(createRequester(cloud.url)).put("/buckets/blog", {}, { as: "alice" });
      await cloud.drain();
      return { sent: server.mails.length - before, caught: cloud.mails.length };
    } finally {
      await cloud.close();
    }
  };

  it("is caught, unless the start or the config says otherwise", async () => {
    expect(await countMails(configOf())).toEqual({ sent: 0, caught: 2 });
    expect(await countMails(configOf({ localMail: "smtp" }), "catch")).toEqual({ sent: 0, caught: 2 });
  });

  it("goes to the SMTP server of its plugin on request, while mail for SES is caught", async () => {
    expect(await countMails(configOf(), "smtp")).toEqual({ sent: 1, caught: 1 });
    expect(await countMails(configOf({ localMail: "smtp" }))).toEqual({ sent: 1, caught: 1 });
    expect(server.mails.at(-1)).toMatchObject({ to: ["ops@example.org"], from: "store@example.org", secure: true });
  });

  it("is described for the operator", () => {
    expect(describeMail(configOf(), "catch")).toBeUndefined();
    expect(describeMail(configOf(), "smtp")).toBe(`sent to localhost:${server.port}`);
    const ses = readConfig({ plugins: [email(hook)] });
    expect(() => describeMail(ses, "smtp")).toThrow("Mail cannot be sent: no active plugin has an SMTP server.");
  });
});
