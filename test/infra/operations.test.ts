import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { queueConfigs } from "../../config/queues.ts";
import { readStoreLocation } from "../../config/store-location.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { console as consolePlugin } from "../../plugins/console/index.ts";
import { type ApiCall, allows, roleOf } from "./roles.ts";
import { synthesize, variablesOf } from "./synthesize.ts";

const run = () => undefined;
const shop = definePlugin({ name: "shop", about: "Listens.", listeners: { see: { on: ["record.create"], run } } });
const plugins = [basicauth(), shop(), consolePlugin({ administrators: ["account:admin"] })];

describe("the stack of a store with a console", () => {
  const stack = synthesize(plugins);
  const api = stack.lambda("serves the HTTP API");
  const can = (about: string, call: ApiCall) => allows(roleOf(stack, stack.lambda(about)), call);
  const deadLetters = stack
    .all("AWS::SQS::Queue")
    .filter(({ id }) => id.startsWith("Dead"))
    .map(({ id }) => `<${id}.Arn>`);

  it("lets api read logs of all functions, ages of messages and dead letters, and remove them", () => {
    const groups = stack.all("AWS::Logs::LogGroup").filter(({ id }) => !id.includes("AccessLog"));
    const { KINTOUN_LOG_GROUPS: names } = variablesOf(api);
    const { logGroups, queues } = readStoreLocation(variablesOf(api), queueConfigs(readConfig({ plugins })));
    expect(logGroups?.toSorted()).toEqual(groups.map(({ id }) => `<${id}>`).toSorted());
    expect(names).toContain("Worker");
    expect(queues).toHaveProperty("dispatch-failures");
    for (const { id } of groups) {
      const resource = `arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:<${id}>:log-stream:x`;
      expect(can("serves the HTTP API", { action: "logs:FilterLogEvents", resource })).toBe(true);
    }
    expect(can("serves the HTTP API", { action: "cloudwatch:GetMetricData", resource: "*" })).toBe(true);
    expect(deadLetters.length).toBeGreaterThan(3);
    for (const resource of deadLetters)
      for (const action of ["ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"])
        expect(can("serves the HTTP API", { action: `sqs:${action}`, resource })).toBe(true);
  });

  it("lets api and the jobs of the console send to all work queues, and no other worker", () => {
    const queue = stack.all("AWS::SQS::Queue").find(({ properties }) => /shop-see$/.test(String(properties.QueueName)));
    const sent = {
      action: "sqs:SendMessage",
      resource: `arn:<AWS::Partition>:sqs:<AWS::Region>:<AWS::AccountId>:${queue?.properties.QueueName}`,
    };
    expect(can("serves the HTTP API", sent)).toBe(true);
    expect(can("runs the jobs of console", sent)).toBe(true);
    expect(can("runs the listener store-purge", sent)).toBe(false);
    expect(can("runs the jobs of console", { action: "sqs:ReceiveMessage", resource: deadLetters[0] ?? "" })).toBe(
      false,
    );
  });
});

it("grants nothing of it without a console", () => {
  const stack = synthesize([basicauth(), shop()]);
  const api = stack.lambda("serves the HTTP API");
  const actions = roleOf(stack, api).flatMap((statement) => statement.actions);
  expect(actions.filter((action) => /^(logs:Filter|cloudwatch|sqs:(Receive|Delete|Send))/.test(action))).toEqual([]);
  expect(variablesOf(api)).not.toHaveProperty("KINTOUN_LOG_GROUPS");
});
