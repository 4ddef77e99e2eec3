import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Code } from "aws-cdk-lib/aws-lambda";
import { AwsSolutionsChecks } from "cdk-nag";
import { readConfig } from "../../config/config.ts";
import { KintounStack } from "../../infra/stack.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";

const counting = (version?: string) =>
  definePlugin({
    name: "counting",
    about: "Counts.",
    ...(version !== undefined && { version }),
    listeners: {
      all: { on: ["bucket.create"], run: () => undefined },
      each: { on: ["record.create"], ordered: true, run: () => undefined },
    },
  })();

const stackOf = (
  version: string | undefined,
  more: { standalone?: readonly string[]; redriveOnDeploy?: boolean } = {},
) => {
  const code = Code.fromInline("export const handler = () => {}");
  const config = readConfig({ plugins: [basicauth(), counting(version)], ...more });
  return new KintounStack(new App({ builtinCloudFormationValidation: false }), "Kintoun", {
    config,
    code: { api: code, search: code, dispatch: code, worker: code },
    table: "Kintoun",
  });
};
const functionsOf = (template: Template) =>
  Object.values(template.findResources("AWS::Lambda::Function")).map(({ Properties }) => Properties.Description);

describe("a standalone queue in the stack", () => {
  const template = Template.fromStack(stackOf(undefined, { standalone: ["counting-all"] }));

  it("exists and receives events, without a function", () => {
    expect(functionsOf(template)).not.toContain("Kintoun: runs the listener counting-all");
    expect(functionsOf(template)).toContain("Kintoun: runs the listener counting-each");
    expect(Object.keys(template.findResources("AWS::SQS::Queue")).filter((id) => /countingall/i.test(id))).toHaveLength(
      2,
    );
    expect(JSON.stringify(template.findResources("AWS::Lambda::EventSourceMapping"))).not.toContain("countingall");
    const policies = Object.entries(template.findResources("AWS::IAM::Policy"));
    const [, dispatch] = policies.find(([id]) => id.startsWith("DispatchRole")) ?? [];
    expect(JSON.stringify(dispatch?.Properties.PolicyDocument)).toContain("countingallQueue");
  });

  it("has an output with its URL, like all queues", () => {
    const outputs = template.findOutputs("*");

    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining([
        "Url",
        "TableName",
        "QueueStorePurge",
        "QueueCountingAll",
        "QueueCountingEach",
        "QueueDispatchFailures",
      ]),
    );
    expect(outputs.QueueCountingAll).toMatchObject({
      Value: { Ref: expect.stringMatching(/^countingallQueue/) },
      Description: "URL of the queue counting-all",
    });
  });
});

describe("redriveOnDeploy", () => {
  /** The calls that move dead letters. */
  const movesIn = (stack: KintounStack) =>
    Object.fromEntries(
      Object.entries(Template.fromStack(stack).findResources("Custom::AWS")).filter(([id]) =>
        id.startsWith("DeployCallsRedrive"),
      ),
    );
  const resource = (version: string) => movesIn(stackOf(version));

  it("moves dead letters back at a limited rate and ignores failures", () => {
    const [all, ...others] = Object.values(resource("1.0.0")).map(({ Properties }) =>
      JSON.stringify(Properties.Update),
    );

    expect(others).toHaveLength(1);
    expect(all).toContain('\\"action\\":\\"StartMessageMoveTask\\"');
    expect(all).toContain('\\"MaxNumberOfMessagesPerSecond\\":10');
    expect(all).toContain('\\"ignoreErrorCodesMatching\\":\\".*\\"');
    expect(JSON.stringify(resource("1.0.0"))).toContain("counting-all@1.0.0");
    expect(JSON.stringify(resource("1.0.1"))).toContain("counting-all@1.0.1");
  });

  it("does so once its worker is the new one", () => {
    const [all, each] = Object.values(resource("1.0.0")).map(({ DependsOn }) => JSON.stringify(DependsOn));

    expect([all, each]).toEqual([
      expect.stringMatching(/"countingallWorkerFunction\w+"/),
      expect.stringMatching(/"countingeachWorkerFunction\w+"/),
    ]);
  });

  it("may do so with the queues of that plugin, and nothing else", () => {
    const template = Template.fromStack(stackOf("1.0.0"));
    const [policy] = Object.entries(template.findResources("AWS::IAM::Policy")).flatMap(([id, { Properties }]) =>
      id.startsWith("DeployCallsRole") ? [Properties.PolicyDocument.Statement] : [],
    );
    const queues = policy.filter(({ Action }: { Action: unknown }) => JSON.stringify(Action).includes("sqs:"));

    expect(queues.map(({ Action }: { Action: unknown }) => Action)).toEqual([
      ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:StartMessageMoveTask"],
      "sqs:SendMessage",
    ]);
    expect(JSON.stringify(policy)).not.toContain('"*"');
    expect(JSON.stringify(policy)).not.toContain("storepurge");
  });

  it("leaves AWS's own advice nothing to say", () => {
    expect(new AwsSolutionsChecks().validateScope(stackOf("1.0.0")).violations.map(({ ruleName }) => ruleName)).toEqual(
      [],
    );
  });

  it("moves nothing if redriveOnDeploy is false or the plugin has no version", () => {
    for (const stack of [stackOf("1.0.0", { redriveOnDeploy: false }), stackOf(undefined)])
      expect(movesIn(stack)).toEqual({});
  });
});
