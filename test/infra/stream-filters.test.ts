import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { eventbridge } from "../../plugins/eventbridge/index.ts";
import { flush } from "../../plugins/flush/index.ts";
import { sns } from "../../plugins/sns/index.ts";
import { webhooks } from "../../plugins/webhooks/index.ts";
import { findFilterIssues } from "./stream-filter-issues.ts";
import { PLUGINS, synthesize } from "./synthesize.ts";

const run = () => {};
const jobs = definePlugin({
  name: "laborer",
  about: "Has jobs.",
  actions: { count: { about: "Counts.", on: ["server"], run } },
});
const listening = definePlugin({
  name: "listening",
  about: "Has many listeners.",
  listeners: Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [
      `n${index}`,
      {
        on: ["record.create", "record.purge"] as const,
        buckets: () => [`b-${index}-*`],
        collections: () => [`c${index}`],
        run,
      },
    ]),
  ),
});
const lab = definePlugin({
  name: "lab",
  about: "Has resources, listeners of them and a queue.",
  resources: {
    device: { about: "A sensor." },
    reading: { about: "A value.", parent: "device" },
    note: { about: "A note.", parent: "bucket" },
  },
  listeners: {
    devices: { on: ["device.create", "device.purge", "reading.update"], run },
    notes: { on: ["note.create", "note.delete", "note.purge"], buckets: () => ["blog"], run },
  },
});

const streamMapping = (...config: Parameters<typeof synthesize>) => {
  const mapping = synthesize(...config)
    .all("AWS::Lambda::EventSourceMapping")
    .find(({ properties }) => String(properties.EventSourceArn).endsWith("StreamArn>"));
  return mapping?.properties as { FilterCriteria: { Filters: { Pattern: string }[] } };
};

describe("the filters of the stream's event source mapping", () => {
  it.each([
    ["the default plugins", PLUGINS, 3],
    ["no plugins", [], 3],
    [
      "all buses and topics",
      [
        ...PLUGINS,
        webhooks(),
        eventbridge({ bus: "b" }),
        sns({ arn: "arn:aws:sns:eu-central-1:123456789012:news" }),
        flush(),
      ],
      3,
    ],
    ["jobs", [jobs()], 3],
    ["40 listeners of named buckets", [listening()], 5],
    ["listeners of plugin resources", [lab(), listening(), jobs()], 5],
  ] as const)("use only what Lambda documents, with %s", (_, plugins, count) => {
    const mapping = streamMapping([...plugins]);

    expect(findFilterIssues(mapping)).toEqual([]);
    expect(mapping.FilterCriteria.Filters).toHaveLength(count);
  });

  it.each([
    [{ dynamodb: { Keys: { pk: { S: [{ suffix: "/records" }] } } } }, '.dynamodb.Keys.pk.S: {"suffix":"/records"}'],
    [{ dynamodb: { Keys: { pk: { S: [{ "anything-but": ["x"] }] } } } }, ".dynamodb.Keys.pk.S: "],
    [{ dynamodb: { Keys: { pk: { S: [{ prefix: { "equals-ignore-case": "x" } }] } } } }, ".dynamodb.Keys.pk.S: "],
    [{ dynamodb: { Keys: { pk: { S: [] } } } }, ".dynamodb.Keys.pk.S: no rule"],
    [{ eventName: ["INSERT"] }, "the key eventName"],
    [{ dynamodb: { Keys: { pk: { S: ["x".repeat(4096)] } } } }, "characters"],
  ])("are checked: %j", (pattern, issue) => {
    expect(findFilterIssues({ FilterCriteria: { Filters: [{ Pattern: JSON.stringify(pattern) }] } })).toEqual([
      expect.stringContaining(issue),
    ]);
  });

  it("are counted", () => {
    const Filters = Array.from({ length: 6 }, () => ({ Pattern: '{"dynamodb":{}}' }));

    expect(findFilterIssues({ FilterCriteria: { Filters } })).toEqual(["6 filters"]);
  });
});
