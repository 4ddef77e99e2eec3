import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { type TestStore, testStore } from "@kintoun/kit/testing";
import { openEventBridge } from "../../../adapters/bus/eventbridge.ts";

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

it("rejects when the bus refused some of several, and tells why", async () => {
  const bus = openEventBridge({ name: "default", client: store.cloud.opening.cloud?.eventbridge ?? {} });
  const event = { source: "weather", type: "sun", detail: {} };

  await expect(bus.put([event, { ...event, type: "" }, { ...event, source: "aws.ec2" }])).rejects.toThrow(
    "The bus 'default' refused 2 of 3 events: InvalidArgument: Parameter DetailType is not valid.",
  );
  await expect(bus.put([event])).resolves.toBeUndefined();
  await bus.close();
});
