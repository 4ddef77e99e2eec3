import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { openSmtp } from "../../../adapters/mail/smtp.ts";
import type { Mail, Mailer, SmtpServer } from "../../../core/ports/mail.ts";
import { MailRefused } from "../../../core/ports/mail.ts";
import { CERTIFICATE, type SmtpOptions, startSmtp } from "./real-smtp.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

const opened = async (options: SmtpOptions, server: Partial<SmtpServer> = {}, password?: () => Promise<string>) => {
  const smtp = await startSmtp(options);
  const mailer: Mailer = openSmtp({ host: "localhost", port: smtp.port, security: "none", ...server }, password);
  closing.push(() => mailer.close(), smtp.stop);
  return { ...smtp, mailer };
};

const MAIL: Mail = {
  from: "Kintoun <store@example.org>",
  to: ["ops@example.org"],
  subject: "News",
  text: "There are some.",
};

describe("mail by SMTP", () => {
  it("reaches all, and hides from each other only those it is to hide", async () => {
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

    expect(await mailer.send(mail)).toEqual({ refused: [] });

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
    ["at once", { secure: true }, "tls"],
    ["by STARTTLS", {}, "starttls"],
  ] as const)(
    "is encrypted %s, to a server that has a certificate by an authority which is named",
    async (_, options, security) => {
      const { mailer, mails } = await opened({ ...options, tls: true }, { security, ca: CERTIFICATE.cert });

      await mailer.send(MAIL);
      expect(mails.map(({ secure }) => secure)).toEqual([true]);
    },
  );

  it.each([
    ["at once", { secure: true }, "tls"],
    ["by STARTTLS", {}, "starttls"],
  ] as const)("goes to no server whose certificate nobody vouches for: %s", async (_, options, security) => {
    const { mailer, mails, port } = await opened({ ...options, tls: true }, { security });

    await expect(mailer.send(MAIL)).rejects.toThrow(`Mail could not be handed to localhost:${port}: `);
    expect(mails).toEqual([]);
  });

  it("that is encrypted at once where the server waits for STARTTLS fails with what may be wrong", async () => {
    const { mailer } = await opened({ tls: true }, { security: "tls", ca: CERTIFICATE.cert });

    await expect(mailer.send(MAIL)).rejects.toThrow(
      'Is it the security that the server has there? "tls" is usual on port 465, "starttls" on 587.',
    );
  });

  it("goes to no server that does not offer the STARTTLS that is asked for", async () => {
    const { mailer, mails } = await opened({}, { security: "starttls" });

    await expect(mailer.send(MAIL)).rejects.toThrow("STARTTLS");
    expect(mails).toEqual([]);
  });

  it("logs in with the name and the password that it is given", async () => {
    const { mailer, mails } = await opened(
      { login: ["kintoun", "s3cret"] },
      { username: "kintoun" },
      async () => "s3cret",
    );

    await mailer.send(MAIL);
    expect(mails).toHaveLength(1);
  });

  it("is tried again with another password once there is one, and tells none", async () => {
    let password = "wr0ng";
    const { mailer, mails } = await opened(
      { login: ["kintoun", "s3cret"] },
      { username: "kintoun" },
      async () => password,
    );

    const failed = await mailer.send(MAIL).catch((error: unknown) => error);
    expect(failed).not.toBeInstanceOf(MailRefused);
    expect(String(failed)).toMatch(/Is the username right, and the password that it is given\?$/);
    expect(String(failed)).not.toContain("wr0ng");
    password = "s3cret";
    await mailer.send(MAIL);
    expect(mails).toHaveLength(1);
  });

  it("tells of recipients who are refused, for good or for now, and reaches the others", async () => {
    const { mailer, mails } = await opened({ refuse: { "gone@example.org": 550, "full@example.org": 452 } });

    const { refused } = await mailer.send({ ...MAIL, cc: ["gone@example.org", "full@example.org"] });

    expect(refused).toEqual([
      { address: "gone@example.org", reason: expect.stringMatching(/^550 /), forGood: true },
      { address: "full@example.org", reason: expect.stringMatching(/^452 /), forGood: false },
    ]);
    expect(mails.map(({ to }) => to)).toEqual([["ops@example.org"]]);
  });

  it.each([
    [{ "ops@example.org": 550, "lead@example.org": 553 }, true],
    [{ "ops@example.org": 550, "lead@example.org": 450 }, false],
  ])("that nobody gets is refused, for good only where all are: %j", async (refuse, forGood) => {
    const { mailer } = await opened({ refuse });

    const failed = await mailer
      .send({ ...MAIL, to: ["ops@example.org", "lead@example.org"] })
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(MailRefused);
    expect(failed).toMatchObject({
      forGood,
      message: expect.stringMatching(/ops@example\.org: \d{3} .*; lead@example\.org: \d{3} /),
    });
  });

  it.each([
    [554, true],
    [451, false],
  ])("whose text is refused by %i is refused for good: %s", async (code, forGood) => {
    const { mailer } = await opened({ refuseText: code });

    await expect(mailer.send(MAIL)).rejects.toMatchObject({ name: "MailRefused", forGood });
  });

  it("gives up a server that takes too long, and hangs up, so that the mail does not arrive after all", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined).write("220 hello\r\n");
      socket.on(
        "data",
        (said) => void (String(said).startsWith("EHLO") ? socket.write("250 hello\r\n") : mailed.resolve(socket)),
      );
    });
    const mailed = Promise.withResolvers<Socket>();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const mailer = openSmtp({ host: "localhost", port: (server.address() as AddressInfo).port, security: "none" });
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
        /^Error: Mail could not be handed to localhost:\d+: the server took longer than 45 s\.$/,
      );
      await hungUp;
    } finally {
      jest.useRealTimers();
    }
  });

  it("fails for now where no server is", async () => {
    const { mailer, stop } = await opened({});
    await stop();

    const failed = await mailer.send(MAIL).catch((error: unknown) => error);
    expect(failed).not.toBeInstanceOf(MailRefused);
    expect(String(failed)).toContain("Mail could not be handed to localhost:");
  });

  it("goes by the connections that the mails of one moment share, and keeps none", async () => {
    const { mailer, mails, connections, open } = await opened({});

    await Promise.all(Array.from({ length: 12 }, (_, n) => mailer.send({ ...MAIL, subject: String(n) })));
    expect(mails).toHaveLength(12);
    expect(connections()).toBeLessThanOrEqual(2);
    await expect(open()).resolves.toBe(0);

    await mailer.send(MAIL);
    expect(mails).toHaveLength(13);
  });

  it("is handed over for those alone who do not have it yet", async () => {
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
    ["a hidden one that is none", { bcc: ["nobody"] }, '"nobody" is not one address'],
    ["a sender that is none", { from: "nobody" }, '"nobody" is not one address'],
    ["an address to answer to that is none", { replyTo: ["x\r\n\r\ny"] }, '"x y" is not one address'],
    ["no recipients", { to: [] }, "it has no recipients"],
    [
      "too many",
      { to: Array.from({ length: 51 }, (_, n) => `a${n}@example.org`) },
      "it has 51 recipients; 50 are the most",
    ],
    ["an id that is more", { id: "a\r\nb" }, "its id is not of letters, digits and dashes"],
  ])("is not sent with %s", async (_, more, why) => {
    const { mailer, connections } = await opened({});

    await expect(mailer.send({ ...MAIL, ...more })).rejects.toThrow(`The mail can't be sent: ${why}.`);
    expect(connections()).toBe(0);
  });
});
