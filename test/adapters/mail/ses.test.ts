import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "@jest/globals";
import { openSes } from "../../../adapters/mail/ses.ts";
import type { Mail } from "../../../core/ports/mail.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

/** A mailer, and the SES that it speaks to. @param refusal what SES answers, if not that all is well */
const opened = async (refusal?: { status: number; type: string; message: string }) => {
  const asked: { path: string | undefined; body: unknown }[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      asked.push({ path: request.url, body });
      response.writeHead(refusal?.status ?? 200, {
        "content-type": "application/json",
        ...(refusal && { "x-amzn-errortype": refusal.type }),
      });
      response.end(JSON.stringify(refusal === undefined ? { MessageId: "m" } : { message: refusal.message }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const mailer = openSes({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "none", secretAccessKey: "none" },
    maxAttempts: 1,
  });
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  closing.push(mailer.close, stop);
  return { mailer, asked };
};

const MAIL: Mail = { from: "store@example.org", to: ["ops@example.org"], subject: "News", text: "Some." };

describe("mail by SES", () => {
  it("says all that a mail says", async () => {
    const { mailer, asked } = await opened();
    const mail: Mail = {
      from: "Kintoun Desk <store@example.org>",
      to: ["Zoë 海 <ops@example.org>", "lead@example.org"],
      cc: ['"Lovelace, Ada" <copy@example.org>'],
      bcc: ["hidden@example.org"],
      replyTo: ["desk@example.org"],
      subject: "Über\r\n海",
      text: "Some.",
      html: "<b>Some.</b>",
      id: "abc-1",
    };

    expect(await mailer.send(mail)).toEqual({ refused: [] });
    const utf8 = (Data: string) => ({ Data, Charset: "UTF-8" });
    expect(asked).toEqual([
      {
        path: "/v2/email/outbound-emails",
        body: {
          FromEmailAddress: '"Kintoun Desk" <store@example.org>',
          Destination: {
            ToAddresses: ["=?UTF-8?Q?Zo=C3=AB_=E6=B5=B7?= <ops@example.org>", "lead@example.org"],
            CcAddresses: ['"Lovelace, Ada" <copy@example.org>'],
            BccAddresses: ["hidden@example.org"],
          },
          ReplyToAddresses: ["desk@example.org"],
          Content: {
            Simple: {
              Subject: utf8("Über 海"),
              Body: { Text: utf8("Some."), Html: utf8("<b>Some.</b>") },
              Headers: [
                { Name: "Auto-Submitted", Value: "auto-generated" },
                { Name: "X-Kintoun-Mail", Value: "abc-1" },
              ],
            },
          },
        },
      },
    ]);
  });

  it("is Unicode, whatever it was made of", async () => {
    const { mailer, asked } = await opened();

    await mailer.send({ ...MAIL, subject: `${"a".repeat(499)}😀`, text: "\ud800", html: "<p>\udfff</p>" });
    expect(asked).toMatchObject([
      {
        body: {
          Content: {
            Simple: {
              Subject: { Data: `${"a".repeat(499)}\ufffd` },
              Body: { Text: { Data: "\ufffd" }, Html: { Data: "<p>\ufffd</p>" } },
            },
          },
        },
      },
    ]);
  });

  it.each([
    [
      "MessageRejected",
      400,
      "Email address is not verified. The following identities failed the check: ops@example.org",
    ],
    ["BadRequestException", 400, "Missing final '@domain'"],
    ["MailFromDomainNotVerifiedException", 400, "no"],
    ["NotFoundException", 404, "no"],
  ])("is refused for good by a %s, in SES's words", async (type, status, message) => {
    const { mailer } = await opened({ type, status, message });

    await expect(mailer.send(MAIL)).rejects.toMatchObject({
      name: "MailRefused",
      forGood: true,
      message: `SES refuses the mail: ${type}: ${message}`,
    });
  });

  it.each([
    ["TooManyRequestsException", 429],
    ["LimitExceededException", 400],
    ["SendingPausedException", 400],
    ["AccessDeniedException", 403],
    ["InternalFailure", 500],
  ])("fails for now by a %s", async (type, status) => {
    const { mailer } = await opened({ type, status, message: "not now" });

    await expect(mailer.send(MAIL)).rejects.toMatchObject({ name: type });
  });

  it("does not ask SES for what can't be sent", async () => {
    const { mailer, asked } = await opened();

    await expect(mailer.send({ ...MAIL, to: ["nobody"] })).rejects.toMatchObject({
      name: "MailRefused",
      forGood: true,
    });
    expect(asked).toEqual([]);
  });
});
