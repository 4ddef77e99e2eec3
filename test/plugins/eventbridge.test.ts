import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, type InboundMessage, type JsonObject, need } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { readConfig } from "../../config/config.ts";
import { eventbridge } from "../../plugins/eventbridge/index.ts";
import { roleOf } from "../infra/roles.ts";
import { synthesize } from "../infra/synthesize.ts";

let store: TestStore;
afterEach(() => store?.close());

/** Publishes items of its own. */
const editor = (items: readonly JsonObject[]) =>
  definePlugin({
    name: "editor",
    about: "Makes news.",
    listeners: { news: { on: ["record.create"], run: () => ({ publish: items }) } },
  })();

/** Hears what is told on a bus. */
const reader = (heard: InboundMessage[], bus = "default") =>
  definePlugin({
    name: "reader",
    about: "Reads news.",
    inbound: {
      news: {
        about: "News.",
        from: need.events({ source: ["kintoun", "gazette"] }, { bus }),
        run: (message) => void heard.push(message),
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

describe("the plugin eventbridge", () => {
  it("tells each item as an event, which another plugin's inbound part hears", async () => {
    const heard: InboundMessage[] = [];
    await start(editor([{ headline: "Rain" }]), eventbridge(), reader(heard));

    expect(heard).toMatchObject([{ source: "kintoun", type: "editor-news", detail: { headline: "Rain" } }]);
  });

  it("tells them on the bus, from the source and with the type that it is told, however many", async () => {
    const heard: InboundMessage[] = [];
    const items = Array.from({ length: 23 }, (_, n) => ({ n, kind: n === 0 ? "" : "x".repeat(200) }));
    await start(
      editor(items),
      eventbridge({ bus: "ops", source: "gazette", detailType: "{item.kind}", where: { n: [{ numeric: [">=", 0] }] } }),
      reader(heard, "ops"),
    );

    expect(heard.map(({ detail }) => (detail as JsonObject).n).toSorted((a, b) => Number(a) - Number(b))).toEqual(
      items.map(({ n }) => n),
    );
    expect(new Set(heard.map(({ type, source }) => `${source} ${type}`))).toEqual(
      new Set(["gazette editor-news", `gazette ${"x".repeat(128)}`]),
    );
  });

  it("refuses what no bus takes, and parks the event with why", async () => {
    await start(editor([{ large: "x".repeat(300_000) }]), eventbridge());

    expect(await store.deadLetterCount("editor-news")).toBe(1);
    expect(store.logLines.join()).toMatch(/Event 0 of 1 has 3000\d\d bytes; the maximum of a bus is 262144/);
  });

  it("may put events on its bus in AWS, and do nothing else with any", () => {
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
    ["a source of AWS's", { source: "aws.ec2" }, "plugins: eventbridge.source: AWS's own events alone are from aws."],
    ["a bus that can't be", { bus: "a bus" }, "plugins: eventbridge.bus: Letters, digits"],
    [
      "an option that is misspelt",
      { detailtype: "x" } as never,
      "plugins: eventbridge.detailtype is not an option. Did you mean 'detailType'?",
    ],
  ])("is refused with %s", (_, options, why) => {
    expect(() => readConfig({ plugins: [editor([]), eventbridge(options)] })).toThrow(why);
  });
});
