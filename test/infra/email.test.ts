import { describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { email } from "../../plugins/email/index.ts";
import { roleOf } from "./roles.ts";
import { synthesize } from "./synthesize.ts";

/** What the functions of a store with such a plugin may do beside the table, and on which keys of it in the plugin's name. */
const granted = (given: Partial<Parameters<typeof email>[0]>) => {
  const stack = synthesize([basicauth(), email({ from: "Desk <desk@example.org>", ...given })]);
  const lambdas = stack
    .all("AWS::Lambda::Function")
    .filter(({ properties }) => String(properties.Description).startsWith("Kintoun: "));
  const having = (action: string) =>
    lambdas
      .filter((lambda) => roleOf(stack, lambda).some(({ actions }) => actions.includes(action)))
      .map(({ properties }) => String(properties.Description).replace("Kintoun: ", ""));
  return {
    stack,
    having,
    names: lambdas.map(({ properties }) => String(properties.Description).replace("Kintoun: ", "")),
  };
};

describe("email in AWS", () => {
  it("has one worker, and neither a schedule nor a part in api, where no option asks for more", () => {
    const { stack, names } = granted({ recipients: ["ops@example.org"] });

    expect(names.filter((name) => name.includes("email"))).toEqual(["runs the listener email-notify"]);
    expect(stack.all("AWS::Scheduler::Schedule")).toEqual([]);
  });

  it("lets its own workers alone mail, whatever of it runs in api", () => {
    const { stack, having } = granted({
      ofCollections: true,
      hooks: [{ recipients: ["ops@example.org"], digest: { minutes: 10 } }],
    });

    expect(having("ses:SendEmail").toSorted()).toEqual([
      "runs the listener email-notify",
      "works on the jobs of email",
    ]);
    expect(stack.all("AWS::Scheduler::Schedule").map(({ properties }) => properties.ScheduleExpression)).toEqual([
      "cron(* * * * ? *)",
    ]);
  });

  it("mails as the sender's address, whatever the name before it", () => {
    const { stack } = granted({ recipients: ["ops@example.org"] });
    const [mail] = roleOf(stack, stack.lambda("runs the listener email-notify")).filter(({ actions }) =>
      actions.includes("ses:SendEmail"),
    );

    expect(mail?.condition).toEqual({ StringEquals: { "ses:FromAddress": ["desk@example.org"] } });
  });

  it("reads the password of a mail server of one's own, and asks SES for nothing", () => {
    const { stack, having } = granted({
      recipients: ["ops@example.org"],
      via: { host: "mail.example.org", username: "kintoun", password: { parameter: "/kintoun/smtp" } },
    });

    expect([having("ses:SendEmail"), having("ssm:GetParameter")]).toEqual([[], ["runs the listener email-notify"]]);
    const [read] = roleOf(stack, stack.lambda("runs the listener email-notify")).filter(({ actions }) =>
      actions.includes("ssm:GetParameter"),
    );
    expect(read?.resources).toEqual(["arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/kintoun/smtp"]);
  });
});
