import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Assembly, readAssembly } from "../../rehearsal/assembly.ts";
import { CHECKS, runChecks } from "../../rehearsal/checks/run-checks.ts";
import { OUTSIDE } from "../../rehearsal/rehearse.ts";
import { rehearseStore } from "../../rehearsal/rehearse-store.ts";
import { synthesizeRehearsal } from "../../rehearsal/synthesize.ts";
import type { Template } from "../../rehearsal/template/template.ts";
import { checkUpgrade } from "../../rehearsal/upgrade.ts";
import { edit, find, removeAction, sabotage } from "./sabotage.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-rehearsal-test-"));
let assembly: Assembly;
beforeAll(async () => {
  await synthesizeRehearsal(folder);
  assembly = readAssembly(folder, folder);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const checksNamed = (...names: readonly string[]) =>
  CHECKS.filter(({ name }) => names.some((start) => name.startsWith(start)));
/** Types of the template that take no part in requests and events. */
const UNREHEARSED = [
  "AWS::CloudWatch::Alarm",
  "AWS::CloudWatch::Dashboard",
  "AWS::CodeDeploy::Application",
  "AWS::CodeDeploy::DeploymentGroup",
];
const OBJECTS = ["accounts › are", "objects ›"];

/** Deploys a sabotaged template, runs some checks, and returns the findings and the failures. */
const rehearse = async (change: (resources: Template["Resources"]) => void, ...checks: readonly string[]) => {
  await using store = await rehearseStore(sabotage(assembly, change), OUTSIDE);
  const results = await runChecks(store, checksNamed(...checks));
  const failed = results.flatMap(({ name, failure }) => (failure === undefined ? [] : [`${name}: ${failure}`]));
  return [...store.account.findings.lines, ...failed].join("\n");
};

describe("the rehearsal of the template", () => {
  it("passes all checks, keeps data and messages in an upgrade, and finds nothing", async () => {
    await using store = await rehearseStore(assembly, OUTSIDE);
    const results = [
      ...(await runChecks(store)),
      ...(await checkUpgrade(store, { previous: assembly, next: assembly })),
    ];

    expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(store.account.findings.lines).toEqual([]);
    expect([...store.account.unrehearsed].toSorted()).toEqual(UNREHEARSED);
  }, 300_000);
});

describe("the rehearsal of a sabotaged template", () => {
  it.each<[string, RegExp, (resources: Template["Resources"]) => void, ...checks: string[]]>([
    [
      "names the function that lacks a variable",
      /^function-error: ApiFunction\w+: .*KINTOUN_TABLE is missing/m,
      (all) =>
        edit(
          all,
          "AWS::Lambda::Function",
          /^ApiFunction/,
          ({ Environment }) => delete Environment.Variables.KINTOUN_TABLE,
        ),
      "accounts › are",
    ],
    [
      "names the function and the call of a forgotten grant",
      /^access-denied: ApiFunction\w+: dynamodb:PutItem on .*table\/Kintoun/m,
      (all) => removeAction(all, /^ApiRole/, "dynamodb:PutItem"),
      ...OBJECTS,
    ],
    [
      "notices a wrong filter of the stream",
      /^mail › is sent when a record is created: /m,
      (all) =>
        edit(all, "AWS::Lambda::EventSourceMapping", /^ChangeStream/, ({ FilterCriteria }) => {
          FilterCriteria.Filters = [{ Pattern: '{"dynamodb":{"NewImage":{"kind":{"S":["records"]}}}}' }];
        }),
      ...OBJECTS,
      "mail ›",
    ],
    [
      "names the function with a wrong handler",
      /^function-error: ApiFunction\w+: Runtime.HandlerNotFound/m,
      (all) =>
        edit(all, "AWS::Lambda::Function", /^ApiFunction/, (function_) =>
          Object.assign(function_, { Handler: "main.handle" }),
        ),
      "accounts › are",
    ],
    [
      "names the route that is missing",
      /^search › POST \/buckets\/rehearsal\/search reaches its function: The number of calls/m,
      (all) => {
        for (const [id, { Properties }] of find(all, "AWS::ApiGatewayV2::Route"))
          if (Properties.RouteKey === "POST /v1/buckets/{bucket}/search") delete all[id];
      },
      ...OBJECTS,
      "search › POST",
    ],
    [
      "names the function whose time-out is too small",
      /^function-timeout: webhookspostWorkerFunction\w+: .*Task timed out after 1.00 seconds/m,
      (all) =>
        edit(all, "AWS::Lambda::Function", /^webhookspost/, (function_) => Object.assign(function_, { Timeout: 1 })),
      ...OBJECTS,
      "webhooks ›",
    ],
    [
      "names the function whose table has a wrong key",
      /^call-failed: ApiFunction\w+: DynamoDB_20120810.*ValidationException/m,
      (all) =>
        edit(all, "AWS::DynamoDB::Table", /./, (table) => {
          table.AttributeDefinitions.push({ AttributeName: "id", AttributeType: "S" });
          table.AttributeDefinitions = table.AttributeDefinitions.filter(
            ({ AttributeName }: { AttributeName: string }) => AttributeName !== "sk",
          );
          table.KeySchema[1].AttributeName = "id";
        }),
      "accounts › are",
    ],
    [
      "names the rule that a queue does not let in",
      /^access-denied: \w*Rule\w*: sqs:SendMessage on .*announcer-events/m,
      (all) => {
        for (const [id, { Properties }] of find(all, "AWS::SQS::QueuePolicy"))
          if (JSON.stringify(Properties).includes("events.amazonaws.com")) delete all[id];
      },
      ...OBJECTS,
      "events ›",
    ],
    [
      "names the route whose alias does not exist",
      /^missing-resource: .*There is no function or alias .*:lively$/m,
      (all) =>
        edit(all, "AWS::ApiGatewayV2::Integration", /DefaultRoute/, (one) => {
          one.IntegrationUri = { "Fn::Join": ["", [one.IntegrationUri, "ly"]] };
        }),
      "accounts › are",
    ],
    [
      "names the function that may not write to its bucket",
      /^access-denied: ApiFunction\w+: s3:PutObject on arn:aws:s3:::/m,
      (all) => removeAction(all, /^ApiRole/, "s3:PutObject"),
      ...OBJECTS,
      "attachments › are sent",
    ],
    [
      "names a resource of an unknown type",
      /^unknown-resource-type: Added: The rehearsal does not know AWS::Unknown::Thing/m,
      (all) => Object.assign(all, { Added: { Type: "AWS::Unknown::Thing", Properties: {}, DependsOn: [] } }),
    ],
  ])(
    "%s",
    async (_, expected, change, ...checks) => {
      expect(await rehearse(change, ...checks)).toMatch(expected);
    },
    120_000,
  );
});
