import { describe, expect, it } from "@jest/globals";
import { createDryRunResource } from "../../app/plugins/dry-run.ts";
import type { Mailer } from "../../core/ports/mail.ts";
import type { PluginNeed } from "../../kit/need.ts";

describe("dry run resources", () => {
  it("list the recipients of a mail", async () => {
    const listed: string[] = [];
    const need: PluginNeed = { kind: "mail", via: "ses", from: "store@example.org", plugin: "email" };
    const mailer = (await createDryRunResource(
      need,
      ({ description: does }) => void listed.push(does),
      () => Promise.reject(new Error("nothing is done")),
    )) as Mailer;
    const mail = { from: "store@example.org", to: ["a@example.org"], cc: ["b@example.org"], subject: "News", text: "" };

    await mailer.send(mail);
    await mailer.send({ ...mail, only: ["b@example.org"] });
    expect(listed).toEqual(["to a@example.org, b@example.org: News", "to b@example.org: News"]);
  });
});
