import { describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { email } from "../../plugins/email/index.ts";
import { roleOf } from "./roles.ts";
import { synthesize } from "./synthesize.ts";

/**
 * What the functions of a store with such a plugin may do beside the table, and on which keys of it in the plugin's
 * name.
 */
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

describe("the email plugin in the stack", () => {
  it("has one worker and no schedule by default", () => {
    const { stack, names } = granted({ recipients: ["ops@example.org"] });

    expect(names.filter((name) => name.includes("email"))).toEqual(["runs the listener email-notify"]);
    expect(stack.all("AWS::Scheduler::Schedule")).toEqual([]);
  });

  it("allows only its own workers to send mail", () => {
    const { stack, having } = granted({
      collectionHooks: true,
      hooks: [{ recipients: ["ops@example.org"], digest: { minutes: 10 } }],
    });

    expect(having("ses:SendEmail").toSorted()).toEqual(["runs the jobs of email", "runs the listener email-notify"]);
    expect(stack.all("AWS::Scheduler::Schedule").map(({ properties }) => properties.ScheduleExpression)).toEqual([
      "cron(* * * * ? *)",
    ]);
  });

  it("has workers, senders and schedules of its own under each name", () => {
    const digest = { recipients: ["ops@example.org"], digest: { minutes: 10 } };
    const stack = synthesize([
      basicauth(),
      email({ from: "desk@example.org", recipients: ["ops@example.org"] }),
      email({
        name: "audit",
        from: "audit@example.org",
        hooks: [digest],
        listeners: { notify: { buckets: ["blog"], on: ["record.create"] } },
      }),
    ]);

    const senders = ["email", "audit"].map((name) =>
      roleOf(stack, stack.lambda(`runs the listener ${name}-notify`))
        .filter(({ actions }) => actions.includes("ses:SendEmail"))
        .map(({ condition }) => condition),
    );
    expect(senders).toEqual([
      [{ StringEquals: { "ses:FromAddress": ["desk@example.org"] } }],
      [{ StringEquals: { "ses:FromAddress": ["audit@example.org"] } }],
    ]);
    const owned = (name: string) =>
      JSON.stringify(roleOf(stack, stack.lambda(`runs the listener ${name}-notify`))).match(
        /plugin\/[a-z]+|email|audit/g,
      );
    expect(new Set(owned("audit"))).not.toContain("email");
    expect(new Set(owned("email"))).not.toContain("audit");
    expect(stack.all("AWS::Scheduler::Schedule")).toHaveLength(1);
    expect(stack.lambda("runs the jobs of audit")).toBeDefined();
  });

  it("restricts the sender to the address without the display name", () => {
    const { stack } = granted({ recipients: ["ops@example.org"] });
    const [mail] = roleOf(stack, stack.lambda("runs the listener email-notify")).filter(({ actions }) =>
      actions.includes("ses:SendEmail"),
    );

    expect(mail?.condition).toEqual({ StringEquals: { "ses:FromAddress": ["desk@example.org"] } });
  });

  it("reads the password of an SMTP server and has no SES permission", () => {
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
