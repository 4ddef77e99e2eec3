import { describe, expect, it } from "@jest/globals";
import type { AppContext } from "../../app/app-context.ts";
import { createDryRunResource } from "../../app/plugins/dry-run.ts";
import type { Mailer } from "../../core/ports/mail.ts";
import type { PluginNeed } from "../../kit/need.ts";

describe("createDryRunResource", () => {
  it("reports the recipients of a mail", async () => {
    const reported: string[] = [];
    const need: PluginNeed = { kind: "mail", via: "ses", from: "store@example.org", plugin: "email" };
    const mailer = (await createDryRunResource(
      // Only queues use the app context.
      {} as AppContext,
      need,
      ({ description }) => void reported.push(description),
      () => Promise.reject(new Error("not used")),
    )) as Mailer;
    const mail = { from: "store@example.org", to: ["a@example.org"], cc: ["b@example.org"], subject: "News", text: "" };

    await mailer.send(mail);
    await mailer.send({ ...mail, only: ["b@example.org"] });
    expect(reported).toEqual(["to a@example.org, b@example.org: News", "to b@example.org: News"]);
  });
});
