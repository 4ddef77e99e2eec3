import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { queueConfigs } from "../../config/queues.ts";
import { readStoreLocation } from "../../config/store-location.ts";
import { PLUGINS, type Synthesized, synthesize, urlOf, variablesOf } from "./synthesize.ts";

const run = () => {};
const pair = definePlugin({
  name: "pair",
  about: "Has two listeners.",
  listeners: { left: { on: ["record.create"], run }, right: { on: ["record.delete"], run } },
});

/** A listener's worker and its queues, found as messages flow. */
const listenerIn = (stack: Synthesized, name: string) => {
  const worker = stack.lambda(`runs the listener ${name}`);
  const mapping = stack
    .all("AWS::Lambda::EventSourceMapping")
    .find(({ properties }) => properties.FunctionName === `<${worker.id}>`);
  const queues = stack.all("AWS::SQS::Queue");
  const byArn = (arn: unknown) => queues.find(({ id }) => `<${id}.Arn>` === arn);
  const queue = byArn(mapping?.properties.EventSourceArn);
  const redrive = queue?.properties.RedrivePolicy as
    | { deadLetterTargetArn: string; maxReceiveCount: number }
    | undefined;
  return { worker, mapping: mapping?.properties, queue, redrive, dead: byArn(redrive?.deadLetterTargetArn) };
};

describe("listeners in the stack", () => {
  const stack = synthesize([...PLUGINS, pair()]);
  const names = ["store-purge", "search-index", "email-notify", "pair-left", "pair-right"];
  const dispatch = stack.lambda("sends changes to the listeners' queues");
  const listeners = names.map((name) => ({ name, ...listenerIn(stack, name) }));

  it("have a queue, a dead-letter queue and a worker each", () => {
    for (const part of ["worker", "queue", "dead"] as const)
      expect(new Set(listeners.map((listener) => listener[part]?.id)).size).toBe(names.length);
    // And those of the jobs of search, and the queue of what the stream could not hand on.
    expect(stack.all("AWS::SQS::Queue")).toHaveLength(2 * (names.length + 1) + 1);
  });

  it("are named in the environment of their worker", () => {
    expect(listeners.map(({ worker }) => variablesOf(worker).KINTOUN_LISTENER)).toEqual(names);
  });

  it("have queue URLs with a common prefix, which every function knows", () => {
    const workedOn = queueConfigs(readConfig({ plugins: [...PLUGINS, pair()] }));
    const queues = {
      ...Object.fromEntries(listeners.map(({ name, queue }) => [name, queue && urlOf(queue)])),
      "search-jobs": expect.stringMatching(/-search-jobs$/),
    };
    for (const lambda of stack.all("AWS::Lambda::Function")) {
      const variables = variablesOf(lambda);
      const own = listeners.find(({ name }) => name === variables.KINTOUN_LISTENER);
      const dead =
        variables.KINTOUN_LISTENER === "search-jobs"
          ? { "search-jobs-dead": expect.stringMatching(/^<DeadSearchJobs/) }
          : own?.dead && { [`${own.name}-dead`]: urlOf(own.dead) };
      const failures = lambda.id === dispatch.id && {
        "dispatch-failures": expect.stringMatching(/^<DeadDispatchFailures/),
      };

      expect(readStoreLocation(variables, workedOn).queues).toEqual({ ...queues, ...dead, ...failures });
    }
  });

  it("report partial batch failures and move messages to the dead-letter queue after all tries", () => {
    for (const { mapping, queue, redrive } of listeners) {
      expect(mapping).toMatchObject({ BatchSize: 10, FunctionResponseTypes: ["ReportBatchItemFailures"] });
      expect(queue?.properties.VisibilityTimeout).toBe(6 * 60);
      // Five tries, and five receives that are not tries.
      expect(redrive?.maxReceiveCount).toBe(10);
    }
  });

  it("limit the concurrency of workers, and reserve that of api only if the config says so", () => {
    const limited = definePlugin({
      name: "limited",
      about: "Has a listener with a limit.",
      listeners: { own: { on: ["record.create"], concurrency: 5, run } },
    });
    const configured = synthesize([limited(), pair()], {
      overrides: { deploy: { workerConcurrency: 3, apiReservedConcurrency: 20 } },
    });
    const reserved = ({ all }: Synthesized) =>
      all("AWS::Lambda::Function").flatMap(({ properties: { Description, ReservedConcurrentExecutions: most } }) =>
        most === undefined ? [] : [[Description, most]],
      );

    expect(listeners.map(({ mapping }) => mapping?.ScalingConfig)).toEqual(
      listeners.map(() => ({ MaximumConcurrency: 10 })),
    );
    expect(
      ["store-purge", "limited-own", "pair-left"].map((name) => listenerIn(configured, name).mapping?.ScalingConfig),
    ).toEqual([{ MaximumConcurrency: 3 }, { MaximumConcurrency: 5 }, { MaximumConcurrency: 3 }]);
    expect([reserved(stack), reserved(configured)]).toEqual([[], [["Kintoun: serves the HTTP API", 20]]]);
  });

  it("may requeue messages, so that recursive loop detection is off", () => {
    const allowed = stack.all("AWS::Lambda::Function").filter(({ properties }) => properties.RecursiveLoop === "Allow");

    expect(allowed.map(({ id }) => id).sort()).toEqual(listeners.map(({ worker }) => worker.id).sort());
  });

  it("have queues that are encrypted, require TLS and keep messages for 14 days", () => {
    const policies = stack.all("AWS::SQS::QueuePolicy").map(({ properties }) => JSON.stringify(properties));
    for (const { id, properties } of stack.all("AWS::SQS::Queue")) {
      expect(properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 });
      expect(
        policies.filter(
          (policy) =>
            policy.includes(`<${id}>`) && policy.includes('"aws:SecureTransport":"false"') && policy.includes('"Deny"'),
        ),
      ).toHaveLength(1);
    }
  });

  it("follow the config", () => {
    const names = synthesize()
      .all("AWS::Lambda::Function")
      .map((worker) => variablesOf(worker).KINTOUN_LISTENER);
    expect(names).not.toContain("pair-left");
    expect(synthesize().all("AWS::SQS::Queue")).toHaveLength(2 * 4 + 1);
  });
});
