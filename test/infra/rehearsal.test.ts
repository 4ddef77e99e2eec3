import { describe, expect, it } from "@jest/globals";
import { attachments } from "../../plugins/attachments/index.ts";
import { search } from "../../plugins/search/index.ts";
import { findRoute } from "../../rehearsal/gateway.ts";
import { holdConditions, isLike } from "../../rehearsal/iam/conditions.ts";
import { allowsCall, decideByResource } from "../../rehearsal/iam/decide.ts";
import { toDynamoDbCalls } from "../../rehearsal/iam/dynamodb-calls.ts";
import { parsePolicy } from "../../rehearsal/iam/statement.ts";
import { evaluate, findReferences, holdsCondition, type Scope } from "../../rehearsal/template/evaluate.ts";
import { synthesize, synthesizeTable } from "./synthesize.ts";

const scope: Scope = {
  parameters: new Map<string, unknown>([
    ["Search", "sqlite"],
    ["AWS::Region", "eu-central-1"],
    ["Origins", ["a", "b"]],
  ]),
  mappings: { Sizes: { small: { Memory: 128 } } },
  conditions: {
    Searches: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "Search" }, "none"] }] },
    Both: {
      "Fn::And": [{ Condition: "Searches" }, { "Fn::Or": [{ "Fn::Equals": ["a", "b"] }, { Condition: "Searches" }] }],
    },
    None: { "Fn::Equals": [{ Ref: "Search" }, "none"] },
  },
  ref: (id) => (id === "Table" ? "kintoun" : undefined),
  attribute: (id, name) => (id === "Table" && name === "Stream.Arn" ? "arn:stream" : undefined),
};

/** A variable in the text of `Fn::Sub`. */
const variable = (name: string): string => `\${${name}}`;

describe("evaluate", () => {
  it.each<[unknown, unknown]>([
    [{ Ref: "Table" }, "kintoun"],
    [{ Ref: "Origins" }, ["a", "b"]],
    [{ "Fn::GetAtt": ["Table", "Stream.Arn"] }, "arn:stream"],
    [{ "Fn::GetAtt": "Table.Stream.Arn" }, "arn:stream"],
    [{ "Fn::Join": ["-", ["a", { Ref: "Search" }]] }, "a-sqlite"],
    [{ "Fn::Join": [",", { Ref: "Origins" }] }, "a,b"],
    [
      {
        "Fn::Sub": `${variable("AWS::Region")}/${variable("Table")}/${variable("Table.Stream.Arn")}/${variable("!Literal")}`,
      },
      `eu-central-1/kintoun/arn:stream/${variable("Literal")}`,
    ],
    [{ "Fn::Sub": [variable("one"), { one: { Ref: "Search" } }] }, "sqlite"],
    [{ "Fn::Select": [1, { "Fn::Split": ["/", "a/b"] }] }, "b"],
    [{ "Fn::If": ["Both", "yes", { Ref: "Missing" }] }, "yes"],
    [
      {
        a: { "Fn::If": ["None", 1, { Ref: "AWS::NoValue" }] },
        b: [{ "Fn::If": ["None", 1, { Ref: "AWS::NoValue" }] }, 2],
      },
      { b: [2] },
    ],
    [{ "Fn::FindInMap": ["Sizes", "small", "Memory"] }, 128],
    [{ "Fn::Base64": "a" }, "YQ=="],
    [
      { Ref: "Table", other: 1 },
      { Ref: "Table", other: 1 },
    ],
  ])("evaluates %j", (value, expected) => {
    expect(evaluate(scope, value)).toEqual(expected);
  });

  it.each([
    [{ Ref: "Missing" }, "there is no parameter or resource Missing"],
    [{ "Fn::GetAtt": ["Table", "Missing"] }, "Table has no attribute Missing"],
    [{ "Fn::Select": [5, ["a"]] }, "there is no value 5"],
    [{ "Fn::Transform": {} }, "does not know the function Fn::Transform"],
    [{ "Fn::If": ["Missing", 1, 2] }, "There is no condition Missing"],
    [{ "Fn::Or": [{ Condition: "None" }] }, "Fn::Or needs 2 to 10 conditions, not 1"],
  ])("refuses %j", (value, message) => {
    expect(() => evaluate(scope, value)).toThrow(message);
  });

  it("finds the references of the branches that conditions choose", () => {
    const value = {
      a: { "Fn::If": ["None", { Ref: "A" }, { "Fn::GetAtt": ["B", "Arn"] }] },
      c: { "Fn::Sub": `${variable("C.Arn")}-${variable("!D")}` },
    };

    expect(findReferences(scope, value)).toEqual(["B", "C"]);
    expect([holdsCondition(scope, "Both"), holdsCondition(scope, "None")]).toEqual([true, false]);
  });
});

describe("policies", () => {
  const statements = parsePolicy({
    Statement: [
      { Effect: "Allow", Action: "s3:Get*", Resource: "arn:aws:s3:::files/*" },
      { Effect: "Deny", Action: "*", Resource: "arn:aws:s3:::files/secret" },
      {
        Effect: "Allow",
        Action: ["sqs:SendMessage"],
        Resource: ["*"],
        Condition: { ArnEquals: { "aws:SourceArn": "arn:rule" } },
      },
    ],
  });
  const call = (action: string, resource: string, context = {}) =>
    allowsCall(statements, { action, resource, context });

  it("allow what a statement allows and none denies", () => {
    expect(call("s3:GetObject", "arn:aws:s3:::files/a")).toBe(true);
    expect(call("S3:GetObject", "arn:aws:s3:::files/a")).toBe(true);
    expect(call("s3:PutObject", "arn:aws:s3:::files/a")).toBe(false);
    expect(call("s3:GetObject", "arn:aws:s3:::files/secret")).toBe(false);
    expect(call("sqs:SendMessage", "arn:queue", { "aws:SourceArn": ["arn:rule"] })).toBe(true);
    expect(call("sqs:SendMessage", "arn:queue")).toBe(false);
  });

  it("of resources apply to their principals only", () => {
    const [statement] = parsePolicy({
      Statement: {
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: "*",
      },
    });
    const send = { action: "sqs:SendMessage", resource: "q", context: {} };
    const decide = (principal: string) =>
      decideByResource(statement === undefined ? [] : [statement], send, [principal]);

    expect([decide("Service:events.amazonaws.com"), decide("Service:sns.amazonaws.com")]).toEqual(["allow", undefined]);
  });

  it("of which the rehearsal knows too little are refused", () => {
    expect(() => parsePolicy({ Statement: { Effect: "Allow", NotAction: "s3:*", Resource: "*" } })).toThrow(
      "NotAction",
    );
    expect(() => holdConditions({ NumericLessThan: { "aws:SourceArn": ["1"] } }, {})).toThrow("NumericLessThan");
    expect(() => holdConditions({ StringEquals: { "aws:UserAgent": ["a"] } }, {})).toThrow("aws:UserAgent");
  });

  it("compare several values by the prefix of the operator", () => {
    const like = (set: string, values: readonly string[]) =>
      holdConditions({ [`${set}StringLike`]: { "dynamodb:LeadingKeys": ["a*"] } }, { "dynamodb:LeadingKeys": values });

    expect([
      like("ForAllValues:", ["a1", "b"]),
      like("ForAnyValue:", ["a1", "b"]),
      like("ForAllValues:", []),
      like("", []),
    ]).toEqual([false, true, true, false]);
  });

  it("match patterns in linear steps", () => {
    expect([isLike("a*b?c", "a--b-c"), isLike("a*", "b"), isLike("*", ""), isLike("a?", "a")]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    const started = performance.now();
    expect(isLike("a*".repeat(200), "a".repeat(5000).concat("b"))).toBe(true);
    expect(isLike(`${"a*".repeat(200)}c`, "a".repeat(5000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe("calls to DynamoDB", () => {
  const table = { arn: "arn:table", partitionKey: "pk" };
  const calls = (operation: string, input: object) => toDynamoDbCalls(operation, { ...input }, () => table);
  const key = (pk: string) => ({ pk: { S: pk }, sk: { S: "x" } });

  it("name the keys of queries and batches, and the index", () => {
    const query = {
      KeyConditionExpression: "#k = :a AND sk > :b",
      ExpressionAttributeNames: { "#k": "pk" },
      ExpressionAttributeValues: { ":a": { S: "one" } },
    };
    expect(calls("Query", { TableName: "t", IndexName: "by-time", ...query })).toEqual([
      { action: "dynamodb:Query", resource: "arn:table/index/by-time", context: { "dynamodb:LeadingKeys": ["one"] } },
    ]);
    expect(calls("BatchGetItem", { RequestItems: { t: { Keys: [key("one"), key("two")] } } })[0]?.context).toEqual({
      "dynamodb:LeadingKeys": ["one", "two"],
    });
    expect(calls("BatchWriteItem", { RequestItems: { t: [{ DeleteRequest: { Key: key("one") } }] } })[0]?.action).toBe(
      "dynamodb:BatchWriteItem",
    );
    expect(() => calls("ExecuteStatement", {})).toThrow("ExecuteStatement");
  });

  it("check each part of a transaction with its own key and with all", () => {
    const TransactItems = [
      { Put: { TableName: "t", Item: key("one") } },
      { ConditionCheck: { TableName: "t", Key: key("two") } },
    ];

    expect(
      calls("TransactWriteItems", { TransactItems }).map(({ action, context }) => [
        action,
        context["dynamodb:LeadingKeys"],
      ]),
    ).toEqual([
      ["dynamodb:PutItem", ["one"]],
      ["dynamodb:PutItem", ["one", "two"]],
      ["dynamodb:ConditionCheckItem", ["two"]],
      ["dynamodb:ConditionCheckItem", ["one", "two"]],
    ]);
  });
});

describe("findRoute", () => {
  it.each([
    ["POST", "/v1/buckets/b/search", "POST /v1/buckets/{bucket}/search"],
    ["POST", "/v1/search", "POST /v1/search"],
    ["GET", "/v1/search", "$default"],
    ["POST", "/v1/buckets/b/c/search", "$default"],
  ])("finds the route of %s %s", (method, path, expected) => {
    expect(findRoute(["$default", "POST /v1/buckets/{bucket}/search", "POST /v1/search"], method, path)).toBe(expected);
  });
});

/** The queues of the purge, of `search` and of `attachments`, and their dead-letter queues. */
const QUEUE_IDS = [
  "DeadAttachmentsFollow1443ba87",
  "DeadAttachmentsJobs6b8dce58",
  "DeadAttachmentsThumbnaileec25618",
  "DeadDispatchFailures9179b0b9",
  "DeadSearchIndex07534e86",
  "DeadSearchJobs4d277ed0",
  "DeadStorePurge9e04b99c",
  "attachmentsfollowQueue7204AF37",
  "attachmentsjobsQueueE3A4AD69",
  "attachmentsthumbnailsQueue2187A900",
  "searchindexQueue5F19B41C",
  "searchjobsQueueFEF9B4B5",
  "storepurgeQueue5CF2D744",
];

describe("logical ids", () => {
  it("of what has data or an address stay, since another id is another resource", () => {
    const { all } = synthesize([search(), attachments()]);
    const idsOf = (type: string) =>
      all(type)
        .map(({ id }) => id)
        .toSorted();

    expect(synthesizeTable().id).toBe("TableCD117FA1");
    expect(idsOf("AWS::S3::Bucket")).toEqual(["FilesattachmentsBucket3B1B435F", "IndexCopiesBucket41DD5268"]);
    expect(idsOf("AWS::ApiGatewayV2::Api")).toEqual(["HttpApi9292168F"]);
    expect(idsOf("AWS::SQS::Queue")).toEqual(QUEUE_IDS);
  });
});
