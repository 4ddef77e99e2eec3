import { describe, expect, it } from "@jest/globals";
import { createSmtpMailer } from "../../adapters/mail/smtp.ts";
import { renderMailPage } from "../../local/mail-page.ts";
import { startMailSink } from "../../local/mail-sink.ts";
import { readMail } from "../../local/read-mail.ts";

const EVIL = `<script>alert("x")</script>"'><img src=x onerror=alert(1)>`;

describe("renderMailPage", () => {
  it("shows decoded mails", async () => {
    const sink = await startMailSink(undefined);
    const mailer = createSmtpMailer(sink.smtp);
    const subject = "Grüße an 海 🐙, ".repeat(8).trim();
    await mailer.send({
      from: "Zoë <store@example.org>",
      to: ["Ops <ops@example.org>"],
      subject,
      text: "Schöne Grüße\n".repeat(20),
      html: "<b>Grüße</b>",
    });
    await sink.stop();

    expect(sink.mails.map((mail) => mail.subject)).toEqual([subject]);
    const { body: page } = await renderMailPage(sink.mails);
    expect(page).toContain(`<h2>${subject}</h2>`);
    expect(page).toContain(
      "from Zoë &#60;store@example.org&#62; · to Ops &#60;ops@example.org&#62; · delivered to ops@example.org",
    );
    expect(page).toContain("<pre>Schöne Grüße");
    expect(page).toContain('<iframe sandbox title="As HTML" srcdoc="&#60;b&#62;Grüße&#60;/b&#62;');
  });

  it("escapes mails and blocks scripts and resources", async () => {
    const sink = await startMailSink(undefined);
    await createSmtpMailer(sink.smtp).send({
      from: "store@example.org",
      to: ["ops@example.org"],
      subject: EVIL,
      text: EVIL,
      html: EVIL,
    });
    await sink.stop();
    const { body: page, contentSecurityPolicy } = await renderMailPage(sink.mails);

    expect(page).not.toMatch(/<script|<img/);
    expect(page.match(/<iframe/g)).toHaveLength(1);
    expect(contentSecurityPolicy).toContain("default-src 'none'; style-src 'unsafe-inline'; frame-src 'self';");
  });

  it("renders malformed mails", async () => {
    for (const raw of [
      "",
      "\r\n\r\n",
      "no header",
      "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x",
      `${"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n".repeat(50)}`,
    ]) {
      const { names, text, html } = await readMail(raw);
      expect([Array.isArray(names), typeof text, typeof html]).toEqual([
        true,
        expect.stringMatching(/string|undefined/),
        "undefined",
      ]);
      expect((await renderMailPage([{ at: "", from: "", to: [], subject: "s", raw }])).body).toContain("<h2>s</h2>");
    }
  });
});
