import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { createEventBridgeBus } from "../../../adapters/bus/eventbridge.ts";

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.close());

it("put rejects with the reason when the bus refuses some of several events", async () => {
  const bus = createEventBridgeBus({
    name: "default",
    causes: () => [],
    client: store.cloud.options.cloud?.eventbridge ?? {},
  });
  const event = { source: "weather", type: "sun", detail: {} };

  await expect(bus.put([event, { ...event, type: "" }, { ...event, source: "aws.ec2" }])).rejects.toThrow(
    "The bus 'default' refused 2 of 3 events: InvalidArgument: Parameter DetailType is not valid.",
  );
  await expect(bus.put([event])).resolves.toBeUndefined();
  await bus.close();
});

it("put retries only the events that the bus refused temporarily", async () => {
  const requests: string[][] = [];
  let busy = 1;
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      const sources = (body as { Entries: { Source: string }[] }).Entries.map(({ Source }) => Source);
      requests.push(sources);
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
  const bus = createEventBridgeBus({
    name: "default",
    causes: () => [],
    client: { ...store.cloud.options.cloud?.eventbridge, endpoint },
  });
  const event = (source: string) => ({ source, type: "weather", detail: {} });
  const many = Array.from({ length: 10 }, (_, n) => `sun ${n}`);
  await bus.put([event("rain"), ...many.map(event)]);
  await bus.close();
  await new Promise((resolve) => server.close(resolve));

  expect(requests).toEqual([["rain", ...many.slice(0, 9)], many.slice(9), ["rain"]]);
});
