import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { allows } from "./roles.ts";
import { PLUGINS, type Synthesized, synthesize, synthesizeTable, TABLE_ARN } from "./synthesize.ts";

const audit = definePlugin({
  name: "audit",
  about: "Has an ordered listener.",
  listeners: { all: { on: ["record.create"], ordered: true, run: () => {} } },
});

const stack = synthesize([...PLUGINS, audit()]);
const idsOf = ({ all }: Synthesized, ...types: string[]) =>
  types.flatMap((type) => all(type).map(({ id }) => id)).sort();

describe("stateful resources", () => {
  /**
   * CloudFormation replaces a resource whose logical id changes: a table would be empty, a queue would lose its messages,
   * and a new mapping would read 24 hours of the stream again.
   */
  it("keep their logical ids", () => {
    expect(synthesizeTable().id).toBe("TableCD117FA1");
    expect(idsOf(stack, "AWS::SQS::Queue")).toEqual([
      "DeadAuditAll56f55136",
      "DeadDispatchFailures9179b0b9",
      "DeadEmailNotify56c1cf11",
      "DeadSearchIndex07534e86",
      "DeadSearchJobs4d277ed0",
      "DeadStorePurge9e04b99c",
      "auditallQueue82CC25A3",
      "emailnotifyQueue13979370",
      "searchindexQueue5F19B41C",
      "searchjobsQueueFEF9B4B5",
      "storepurgeQueue5CF2D744",
    ]);
    expect(idsOf(stack, "AWS::Lambda::EventSourceMapping")).toEqual([
      "ChangeStreamMapping3AAA470B",
      "auditallMappingED9B4568",
      "emailnotifyMappingCDA613F9",
      "searchindexMappingBF7FE0E4",
      "searchjobsMappingED94DBA1",
      "storepurgeMapping4A4192CA",
    ]);
  });

  it("are not in the stack of the functions, except for queues", () => {
    expect(stack.all("AWS::DynamoDB::Table")).toEqual([]);
    expect(stack.deployment("AWS::DynamoDB::Table")).toEqual([]);
  });
});

describe("the table of another stack", () => {
  it("is found by its name, without an export", () => {
    const [call] = stack.deployment("Custom::AWS");

    expect(JSON.parse(String(call?.properties.Create))).toMatchObject({
      service: "DynamoDB",
      action: "DescribeTable",
      parameters: { TableName: "Kintoun" },
      physicalResourceId: { id: "Kintoun" },
    });
    expect(call?.properties.Update).toBe(call?.properties.Create);
    expect(JSON.stringify(stack.all("AWS::Lambda::Function"))).not.toContain("Fn::ImportValue");
  });

  it("is read by a role that may do nothing else", () => {
    const [policy] = stack.deployment("AWS::IAM::Policy");
    const document = policy?.properties.PolicyDocument as {
      Statement: { Action: string | string[]; Resource: string | string[] }[];
    };
    const statements = document.Statement.map(({ Action, Resource }) => ({
      effect: "Allow",
      actions: [Action].flat(),
      resources: [Resource].flat(),
      condition: {},
    }));

    expect(allows(statements, { action: "dynamodb:DescribeTable", resource: TABLE_ARN })).toBe(true);
    expect(statements.flatMap(({ actions }) => actions).sort()).toEqual([
      "dynamodb:DescribeTable",
      "es:DescribeDomain",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ]);
  });
});

describe("queues", () => {
  const queues = stack.all("AWS::SQS::Queue");
  const dead = queues.filter(({ id }) => id.startsWith("Dead"));
  const work = queues.filter(({ id }) => !id.startsWith("Dead"));

  it("have names that another stack of the same name does not use", () => {
    expect(work.map(({ properties }) => properties.QueueName).sort()).toEqual([
      "<AWS::StackName>-<Generation>-audit-all.fifo",
      "<AWS::StackName>-<Generation>-email-notify",
      "<AWS::StackName>-<Generation>-search-index",
      "<AWS::StackName>-<Generation>-search-jobs",
      "<AWS::StackName>-<Generation>-store-purge",
    ]);
  });

  it("are kept with their dead letters when their plugin or the stack is removed", () => {
    expect(dead).toHaveLength(work.length + 1);
    expect(new Set(dead.map(({ DeletionPolicy }) => DeletionPolicy))).toEqual(new Set(["RetainExceptOnCreate"]));
    expect(new Set(work.map(({ DeletionPolicy }) => DeletionPolicy))).toEqual(new Set(["Delete"]));
  });

  it("leave the names of dead-letter queues to CloudFormation, short enough for SQS", () => {
    for (const { id, properties } of dead) {
      expect(properties.QueueName).toBeUndefined();
      // The name of the stack may have 24 characters when names of listeners are as long as they may be.
      expect(`${"s".repeat(24)}-${id}-${"r".repeat(12)}.fifo`.length).toBeLessThanOrEqual(80);
    }
    expect(dead.filter(({ properties }) => properties.FifoQueue)).toHaveLength(1);
  });
});
