import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "@jest/globals";
import { createSesMailer } from "../../../adapters/mail/ses.ts";
import type { Mail } from "../../../core/ports/mail.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

/**
 * Opens a mailer and the SES that it uses.
 * @param refusal the error response of SES; success when absent
 */
const opened = async (refusal?: { status: number; type: string; message: string }) => {
  const requests: { path: string | undefined; body: unknown }[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      requests.push({ path: request.url, body });
      response.writeHead(refusal?.status ?? 200, {
        "content-type": "application/json",
        ...(refusal && { "x-amzn-errortype": refusal.type }),
      });
      response.end(JSON.stringify(refusal === undefined ? { MessageId: "m" } : { message: refusal.message }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const mailer = createSesMailer({
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
  return { mailer, requests };
};

const MAIL: Mail = { from: "store@example.org", to: ["ops@example.org"], subject: "News", text: "Some." };

describe("SES mailer", () => {
  it("sends all fields of a mail", async () => {
    const { mailer, requests } = await opened();
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

    expect(await mailer.send(mail)).toEqual({ rejected: [] });
    const utf8 = (Data: string) => ({ Data, Charset: "UTF-8" });
    expect(requests).toEqual([
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

  it("quotes, escapes or encodes each name", async () => {
    const { mailer, requests } = await opened();
    const names = ['Dwayne \\"The Rock\\" Johnson', "back\\\\slash", "=?UTF-8?B?ZXZpbA==?=", "علی\u200cرضا"];

    await mailer.send({ ...MAIL, to: names.map((name) => `"${name}" <ada@example.org>`) });
    expect(requests).toMatchObject([
      {
        body: {
          Destination: {
            ToAddresses: [
              '"Dwayne \\"The Rock\\" Johnson" <ada@example.org>',
              '"back\\\\slash" <ada@example.org>',
              "=?UTF-8?Q?=3D=E2=81=A0=3FUTF-8=3FB=3FZXZpbA=3D=3D?= =?UTF-8?Q?=3F=3D?= <ada@example.org>",
              "=?UTF-8?Q?=D8=B9=D9=84=DB=8C=E2=80=8C=D8=B1=D8=B6?= =?UTF-8?Q?=D8=A7?= <ada@example.org>",
            ],
          },
        },
      },
    ]);
  });

  it("cuts a long subject before an emoji that does not fit", async () => {
    const { mailer, requests } = await opened();

    await mailer.send({ ...MAIL, subject: `${"a".repeat(497)}👩\u200d💻` });
    expect(requests).toMatchObject([{ body: { Content: { Simple: { Subject: { Data: "a".repeat(497) } } } } }]);
  });

  it("replaces lone surrogates", async () => {
    const { mailer, requests } = await opened();

    await mailer.send({ ...MAIL, subject: "\ud83d News", text: "\ud800", html: "<p>\udfff</p>" });
    expect(requests).toMatchObject([
      {
        body: {
          Content: {
            Simple: {
              Subject: { Data: "\ufffd News" },
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
  ])("rejects permanently on %s, with the message of SES", async (type, status, message) => {
    const { mailer } = await opened({ type, status, message });

    await expect(mailer.send(MAIL)).rejects.toMatchObject({
      name: "MailRefusedError",
      permanent: true,
      message: `SES refuses the mail: ${type}: ${message}`,
    });
  });

  it.each([
    ["TooManyRequestsException", 429],
    ["LimitExceededException", 400],
    ["SendingPausedException", 400],
    ["AccessDeniedException", 403],
    ["InternalFailure", 500],
  ])("rejects without a permanent error on %s", async (type, status) => {
    const { mailer } = await opened({ type, status, message: "not now" });

    await expect(mailer.send(MAIL)).rejects.toMatchObject({ name: type });
  });

  it("does not call SES for a mail that can't be sent", async () => {
    const { mailer, requests } = await opened();

    await expect(mailer.send({ ...MAIL, to: ["invalid"] })).rejects.toMatchObject({
      name: "MailRefusedError",
      permanent: true,
    });
    expect(requests).toEqual([]);
  });
});
