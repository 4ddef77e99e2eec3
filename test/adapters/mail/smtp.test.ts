import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import PostalMime from "postal-mime";
import { createSmtpMailer } from "../../../adapters/mail/smtp.ts";
import type { Mail, Mailer, SmtpServer } from "../../../core/ports/mail.ts";
import { MailRefusedError } from "../../../core/ports/mail.ts";
import { formatMailAddress } from "../../../lib/mail-address.ts";
import { CERTIFICATE, type SmtpOptions, startSmtp } from "./real-smtp.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

const opened = async (options: SmtpOptions, server: Partial<SmtpServer> = {}, password?: () => Promise<string>) => {
  const smtp = await startSmtp(options);
  const mailer: Mailer = createSmtpMailer(
    { host: "localhost", port: smtp.port, security: "none", ...server },
    password,
  );
  closing.push(() => mailer.close(), smtp.stop);
  return { ...smtp, mailer };
};

const MAIL: Mail = {
  from: "Kintoun <store@example.org>",
  to: ["ops@example.org"],
  subject: "News",
  text: "There are some.",
};

describe("SMTP mailer", () => {
  it("sends to all recipients and hides only the bcc ones", async () => {
    const { mailer, mails } = await opened({});
    const mail: Mail = {
      ...MAIL,
      to: ["Zoë Ünï, Ops <ops@example.org>", "lead@example.org"],
      cc: ["copy@example.org"],
      bcc: ["hidden@example.org"],
      replyTo: ["Desk <desk@example.org>"],
      subject: "Über 海",
      html: "<p>There are <b>some</b>.</p>",
      id: "abc-1",
    };

    expect(await mailer.send(mail)).toEqual({ rejected: [] });

    expect(mails).toHaveLength(1);
    const { from, to, fields, raw } = mails[0] as (typeof mails)[number];
    expect([from, to]).toEqual([
      "store@example.org",
      ["ops@example.org", "lead@example.org", "copy@example.org", "hidden@example.org"],
    ]);
    expect(fields).toMatchObject({
      From: "Kintoun <store@example.org>",
      Cc: "copy@example.org",
      "Reply-To": "Desk <desk@example.org>",
      "Message-ID": "<abc-1@example.org>",
      "X-Kintoun-Mail": "abc-1",
      "Auto-Submitted": "auto-generated",
    });
    expect(fields.To).toMatch(/^=\?UTF-8\?[QB]\?.*\?= <ops@example\.org>, lead@example\.org$/);
    expect(fields["Content-Type"]).toMatch(/^multipart\/alternative/);
    expect(raw).not.toContain("hidden@example.org");
  });

  it.each([
    'Dwayne "The Rock" Johnson',
    "Bob <3",
    "back\\slash",
    "Group: a, b; c (d) <e@example.org>",
    "علی\u200cرضا",
    "क्\u200dष राम",
    "Ada 👩\u200d💻",
    "soft\u00adhyphen\u200b",
    "e\u0301".repeat(50),
  ])("delivers the name %s", async (name) => {
    const { mailer, mails } = await opened({});

    await mailer.send({ ...MAIL, to: [formatMailAddress({ name, address: "ada@example.org" })] });
    expect(mails.map(({ to }) => to)).toEqual([["ada@example.org"]]);
    expect((await PostalMime.parse(mails[0]?.raw ?? "")).to).toEqual([{ name, address: "ada@example.org" }]);
  });

  it.each(["=?UTF-8?B?ZXZpbA==?=", "=?utf-8?Q?a=0D=0AB?=", "Ada =?UTF-8?q?evil?= Lovelace"])(
    "shows %s in a subject and a name as it is",
    async (text) => {
      const { mailer, mails } = await opened({});

      await mailer.send({ ...MAIL, subject: text, to: [`${text} <ada@example.org>`] });
      const { raw, fields } = mails[0] as (typeof mails)[number];
      const { subject, to } = await PostalMime.parse(raw);
      // An invisible character keeps readers from decoding the text a second time.
      expect([subject, to?.[0]?.name]).toEqual(Array(2).fill(text.replace("=?", "=\u2060?")));
      expect(`${fields.Subject} ${fields.To}`).not.toContain(text);
    },
  );

  it("cuts a long subject before an emoji that does not fit", async () => {
    const { mailer, mails } = await opened({});

    await mailer.send({ ...MAIL, subject: `${"Ä".repeat(480)} ${"😀".repeat(20)}` });
    expect((await PostalMime.parse(mails[0]?.raw ?? "")).subject).toBe(`${"Ä".repeat(480)} ${"😀".repeat(9)}`);
  });

  it.each([
    ["at once", { secure: true }, "tls"],
    ["by STARTTLS", {}, "starttls"],
  ] as const)(
    "encrypts %s with a server whose certificate was signed by the configured authority",
    async (_, options, security) => {
      const { mailer, mails } = await opened({ ...options, tls: true }, { security, ca: CERTIFICATE.cert });

      await mailer.send(MAIL);
      expect(mails.map(({ secure }) => secure)).toEqual([true]);
    },
  );

  it.each([
    ["at once", { secure: true }, "tls"],
    ["by STARTTLS", {}, "starttls"],
  ] as const)("rejects a server whose certificate is not trusted: %s", async (_, options, security) => {
    const { mailer, mails, port } = await opened({ ...options, tls: true }, { security });

    await expect(mailer.send(MAIL)).rejects.toThrow(`The mail could not be sent to localhost:${port}: `);
    expect(mails).toEqual([]);
  });

  it("suggests checking `security` when the server expects STARTTLS", async () => {
    const { mailer } = await opened({ tls: true }, { security: "tls", ca: CERTIFICATE.cert });

    await expect(mailer.send(MAIL)).rejects.toThrow(
      'Check `security`: servers usually expect "tls" on port 465 and "starttls" on port 587.',
    );
  });

  it("rejects a server that does not offer the required STARTTLS", async () => {
    const { mailer, mails } = await opened({}, { security: "starttls" });

    await expect(mailer.send(MAIL)).rejects.toThrow("STARTTLS");
    expect(mails).toEqual([]);
  });

  it("logs in with the name and the password", async () => {
    const { mailer, mails } = await opened(
      { login: ["kintoun", "s3cret"] },
      { username: "kintoun" },
      async () => "s3cret",
    );

    await mailer.send(MAIL);
    expect(mails).toHaveLength(1);
  });

  it("reads the password again after a failed login and never reports it", async () => {
    let password = "wr0ng";
    const { mailer, mails } = await opened(
      { login: ["kintoun", "s3cret"] },
      { username: "kintoun" },
      async () => password,
    );

    const failed = await mailer.send(MAIL).catch((error: unknown) => error);
    expect(failed).not.toBeInstanceOf(MailRefusedError);
    expect(String(failed)).toMatch(/Check the username and the password\.$/);
    expect(String(failed)).not.toContain("wr0ng");
    password = "s3cret";
    await mailer.send(MAIL);
    expect(mails).toHaveLength(1);
  });

  it("reports rejected recipients as permanent or temporary and reaches the others", async () => {
    const { mailer, mails } = await opened({ refuse: { "gone@example.org": 550, "full@example.org": 452 } });

    const { rejected: refused } = await mailer.send({ ...MAIL, cc: ["gone@example.org", "full@example.org"] });

    expect(refused).toEqual([
      { address: "gone@example.org", reason: expect.stringMatching(/^550 /), permanent: true },
      { address: "full@example.org", reason: expect.stringMatching(/^452 /), permanent: false },
    ]);
    expect(mails.map(({ to }) => to)).toEqual([["ops@example.org"]]);
  });

  it.each([
    [{ "ops@example.org": 550, "lead@example.org": 553 }, true],
    [{ "ops@example.org": 550, "lead@example.org": 450 }, false],
  ])("rejects a mail without accepted recipients, permanently only if all are: %j", async (refuse, permanent) => {
    const { mailer } = await opened({ refuse });

    const failed = await mailer
      .send({ ...MAIL, to: ["ops@example.org", "lead@example.org"] })
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(MailRefusedError);
    expect(failed).toMatchObject({
      permanent,
      message: expect.stringMatching(/ops@example\.org: \d{3} .*; lead@example\.org: \d{3} /),
    });
  });

  it.each([
    [554, true],
    [451, false],
  ])("rejects a mail whose text is answered with %i (permanent: %s)", async (code, permanent) => {
    const { mailer } = await opened({ refuseText: code });

    await expect(mailer.send(MAIL)).rejects.toMatchObject({ name: "MailRefusedError", permanent });
  });

  it("closes the connection of a server that takes too long, so that the mail does not arrive", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined).write("220 hello\r\n");
      socket.on(
        "data",
        (said) => void (String(said).startsWith("EHLO") ? socket.write("250 hello\r\n") : mailed.resolve(socket)),
      );
    });
    const mailed = Promise.withResolvers<Socket>();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const mailer = createSmtpMailer({
      host: "localhost",
      port: (server.address() as AddressInfo).port,
      security: "none",
    });
    closing.push(() => new Promise<unknown>((resolve) => server.close(resolve)));
    jest.useFakeTimers({
      doNotFake: ["nextTick", "setImmediate", "queueMicrotask", "setInterval", "Date", "performance", "hrtime"],
    });
    try {
      const failed = mailer.send(MAIL).catch((error: unknown) => error);
      const socket = await mailed.promise;
      const hungUp = once(socket, "close");
      jest.advanceTimersByTime(45_000);
      expect(String(await failed)).toMatch(
        /^Error: The mail could not be sent to localhost:\d+: the server took longer than 45 s\.$/,
      );
      await hungUp;
    } finally {
      jest.useRealTimers();
    }
  });

  it("rejects without a permanent error when no server is there", async () => {
    const { mailer, stop } = await opened({});
    await stop();

    const failed = await mailer.send(MAIL).catch((error: unknown) => error);
    expect(failed).not.toBeInstanceOf(MailRefusedError);
    expect(String(failed)).toContain("The mail could not be sent to localhost:");
  });

  it("shares connections between concurrent mails and closes them afterwards", async () => {
    const { mailer, mails, connections, open } = await opened({});

    await Promise.all(Array.from({ length: 12 }, (_, n) => mailer.send({ ...MAIL, subject: String(n) })));
    expect(mails).toHaveLength(12);
    expect(connections()).toBeLessThanOrEqual(2);
    await expect(open()).resolves.toBe(0);

    await mailer.send(MAIL);
    expect(mails).toHaveLength(13);
  });

  it("sends only to the recipients in `only`", async () => {
    const { mailer, mails } = await opened({});

    await mailer.send({ ...MAIL, to: ["Ops <ops@example.org>", "lead@example.org"], only: ["LEAD@example.org"] });
    expect(mails.map(({ to }) => to)).toEqual([["lead@example.org"]]);
  });

  it.each([
    [
      "a recipient that is two",
      { to: ["a@example.org, b@example.org"] },
      '"a@example.org, b@example.org" is not one address',
    ],
    [
      "a copy with a header",
      { cc: ["a@example.org\r\nBcc: b@example.org"] },
      '"a@example.org Bcc: b@example.org" is not one address',
    ],
    ["an invalid bcc recipient", { bcc: ["invalid"] }, '"invalid" is not one address'],
    ["an invalid sender", { from: "invalid" }, '"invalid" is not one address'],
    ["an address to answer to that is none", { replyTo: ["x\r\n\r\ny"] }, '"x y" is not one address'],
    ["no recipients", { to: [] }, "it has no recipients"],
    [
      "too many",
      { to: Array.from({ length: 51 }, (_, n) => `a${n}@example.org`) },
      "it has 51 recipients; the maximum is 50",
    ],
    ["an id that is more", { id: "a\r\nb" }, "its id must be 1 to 100 letters, digits and dashes"],
  ])("rejects a mail with %s", async (_, more, why) => {
    const { mailer, connections } = await opened({});

    await expect(mailer.send({ ...MAIL, ...more })).rejects.toThrow(`The mail can't be sent: ${why}.`);
    expect(connections()).toBe(0);
  });
});
