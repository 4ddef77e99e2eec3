import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, type InboundMessage, type JsonObject, need } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { readConfig } from "../../config/config.ts";
import { eventbridge } from "../../plugins/eventbridge/index.ts";
import { roleOf } from "../infra/roles.ts";
import { synthesize } from "../infra/synthesize.ts";

let store: TestStore;
afterEach(() => store?.close());

/** A plugin whose listener publishes items. */
const editor = (items: readonly JsonObject[]) =>
  definePlugin({
    name: "editor",
    about: "Makes news.",
    listeners: { news: { on: ["record.create"], run: () => ({ publish: items }) } },
  })();

/** A plugin whose inbound source collects the messages on a bus. */
const reader = (received: InboundMessage[], bus = "default") =>
  definePlugin({
    name: "reader",
    about: "Reads news.",
    inbound: {
      news: {
        about: "News.",
        from: need.events({ source: ["kintoun", "gazette"] }, { bus }),
        run: (message) => void received.push(message),
      },
    },
  })();

const start = async (...plugins: NonNullable<Parameters<typeof startTestStore>[0]>["plugins"] & {}) => {
  store = await startTestStore({ plugins, retryAfter: () => 0 });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
  await store.post("/buckets/b/collections/c/records", { data: {} });
  await store.drain();
};

describe("eventbridge", () => {
  it("puts each item on the bus, where another plugin's inbound source receives it", async () => {
    const received: InboundMessage[] = [];
    await start(editor([{ headline: "Rain" }]), eventbridge(), reader(received));

    expect(received).toMatchObject([{ source: "kintoun", type: "editor-news", detail: { headline: "Rain" } }]);
  });

  it("puts any number of items on the bus in the options, with their source and type", async () => {
    const received: InboundMessage[] = [];
    const items = Array.from({ length: 23 }, (_, n) => ({ n, kind: n === 0 ? "" : "x".repeat(200) }));
    await start(
      editor(items),
      eventbridge({ bus: "ops", source: "gazette", detailType: "{item.kind}", where: { n: [{ numeric: [">=", 0] }] } }),
      reader(received, "ops"),
    );

    expect(received.map(({ detail }) => (detail as JsonObject).n).toSorted((a, b) => Number(a) - Number(b))).toEqual(
      items.map(({ n }) => n),
    );
    expect(new Set(received.map(({ type, source }) => `${source} ${type}`))).toEqual(
      new Set(["gazette editor-news", `gazette ${"x".repeat(128)}`]),
    );
  });

  it("dead-letters an event whose item is too large for a bus, with the reason", async () => {
    await start(editor([{ large: "x".repeat(300_000) }]), eventbridge());

    expect(await store.deadLetterCount("editor-news")).toBe(1);
    expect(store.logLines.join()).toMatch(/Event 0 of 1 has 3000\d\d bytes; the maximum of a bus is 262144/);
  });

  it("is granted only PutEvents on its own bus in AWS", () => {
    const stack = synthesize([editor([]), eventbridge({ bus: "ops" })]);
    const granted = roleOf(stack, stack.lambda("runs the listener editor-news")).filter(({ actions }) =>
      actions.some((action) => action.startsWith("events:")),
    );

    expect(granted).toMatchObject([
      { actions: ["events:PutEvents"], resources: [expect.stringMatching(/:event-bus\/ops$/)] },
    ]);
    expect(JSON.stringify(stack.all("AWS::IAM::Policy")).split("events:PutEvents")).toHaveLength(2);
  });

  it.each<[string, Parameters<typeof eventbridge>[0], string]>([
    ["a reserved source", { source: "aws.ec2" }, "plugins: eventbridge.source: must not begin with aws."],
    ["an invalid bus name", { bus: "a bus" }, "plugins: eventbridge.bus: must be the name of a bus"],
    [
      "an unknown option",
      { detailtype: "x" } as never,
      "plugins: eventbridge.detailtype is not an option. Did you mean 'detailType'?",
    ],
  ])("is rejected with %s", (_, options, message) => {
    expect(() => readConfig({ plugins: [editor([]), eventbridge(options)] })).toThrow(message);
  });
});
