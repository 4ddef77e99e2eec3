import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { type TestStore, testStore } from "@kintoun/testing";
import { openEventBridge } from "../../../adapters/bus/eventbridge.ts";

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

it("rejects when the bus refused some of several, and tells why", async () => {
  const bus = openEventBridge({
    name: "default",
    causes: () => [],
    client: store.cloud.opening.cloud?.eventbridge ?? {},
  });
  const event = { source: "weather", type: "sun", detail: {} };

  await expect(bus.put([event, { ...event, type: "" }, { ...event, source: "aws.ec2" }])).rejects.toThrow(
    "The bus 'default' refused 2 of 3 events: InvalidArgument: Parameter DetailType is not valid.",
  );
  await expect(bus.put([event])).resolves.toBeUndefined();
  await bus.close();
});

it("hands over once more what the bus could not take just now, and that alone, and tells the others", async () => {
  const asked: string[][] = [];
  let busy = 1;
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      const sources = (body as { Entries: { Source: string }[] }).Entries.map(({ Source }) => Source);
      asked.push(sources);
      const Entries = sources.map((source) =>
        source === "rain" && busy-- > 0 ? { ErrorCode: "ThrottlingException", ErrorMessage: "busy" } : { EventId: "i" },
      );
      response.end(
        JSON.stringify({
          FailedEntryCount: Entries.filter(({ ErrorCode }) => ErrorCode !== undefined).length,
          Entries,
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bus = openEventBridge({
    name: "default",
    causes: () => [],
    client: { ...store.cloud.opening.cloud?.eventbridge, endpoint },
  });
  const event = (source: string) => ({ source, type: "weather", detail: {} });
  const many = Array.from({ length: 10 }, (_, n) => `sun ${n}`);
  await bus.put([event("rain"), ...many.map(event)]);
  await bus.close();
  await new Promise((resolve) => server.close(resolve));

  expect(asked).toEqual([["rain", ...many.slice(0, 9)], many.slice(9), ["rain"]]);
});
