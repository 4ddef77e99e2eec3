import { describe, expect, it } from "@jest/globals";
import { definePlugin, type FilterPattern, need } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";

const about = "Is a test.";
const run = () => {};
const createInbound = (from: unknown, ordered = false) =>
  definePlugin({ name: "receiver", about, inbound: { all: { about, from: from as never, ordered, run } } })();
const createInboundOf = (pattern: object) => createInbound(need.events(pattern as FilterPattern));

describe("readConfig with an inbound source", () => {
  it.each<[string, ReturnType<typeof createInbound>, string]>([
    [
      "a source that the kit did not create",
      createInbound({ source: ["compute"] }),
      'receiver.inbound.all.from: must be created by the kit: need.events({ source: ["compute"] }) or need.messages(…).',
    ],
    [
      "no senders",
      createInbound(need.messages({ from: [] })),
      'receiver.inbound.all.from: must name 1 to 20 senders: need.messages({ from: ["arn:aws:sns:',
    ],
    [
      "too many senders",
      createInbound(need.messages({ from: Array.from({ length: 21 }, () => "123456789012") })),
      "receiver.inbound.all.from: must name 1 to 20 senders",
    ],
    [
      "a topic without FIFO for an ordered part",
      createInbound(need.messages({ from: ["arn:aws:sns:eu-west-1:123456789012:news"] }), true),
      'receiver.inbound.all.from.from[0]: "arn:aws:sns:eu-west-1:123456789012:news" is not a FIFO topic',
    ],
    [
      "a bucket for an ordered part",
      createInbound(need.messages({ from: ["arn:aws:s3:::uploads"] }), true),
      'receiver.inbound.all.from.from[0]: "arn:aws:s3:::uploads" cannot send to an ordered part',
    ],
    ["an empty pattern", createInboundOf({}), "receiver.inbound.all.from: has an empty pattern"],
    [
      "a field that no event has",
      createInboundOf({ detail_type: ["x"] }),
      "receiver.inbound.all.from.detail_type: events have no such field. Did you mean 'detail-type'?",
    ],
    [
      "a rule that is not a list",
      createInboundOf({ source: "compute" }),
      'receiver.inbound.all.from.source: must be a list of rules: ["compute"].',
    ],
    ["an unknown rule", createInboundOf({ detail: { id: [{ is: 3 }] } }), "receiver.inbound.all.from.detail.id[0]"],
    [
      "a pattern too long for a rule",
      createInboundOf({ source: Array.from({ length: 300 }, (_, n) => `source-${n}`) }),
      "has more than the 2048 characters",
    ],
    [
      "an invalid bus name",
      createInbound(need.events({ source: ["x"] }, { bus: "a bus" })),
      "receiver.inbound.all.from: 'a bus' is not a bus name",
    ],
  ])("rejects %s", (_, plugin, issue) => {
    expect(() => readConfig({ plugins: [plugin] })).toThrow(issue);
  });

  it.each([
    "*",
    "12345",
    "arn:aws:sns:eu-west-1:123456789012:*",
    "arn:aws:iam::123456789012:group/all",
    "arn:aws:s3:::*",
    7,
  ])("rejects the sender %j", (sender) => {
    expect(() => readConfig({ plugins: [createInbound(need.messages({ from: [sender as string] }))] })).toThrow(
      `receiver.inbound.all.from.from[0]: ${JSON.stringify(sender)} is not the ARN of`,
    );
  });

  it.each<[string, object, string]>([
    ["an empty field", { detail: { state: {} } }, ".detail.state: is empty. Remove the field to match anything."],
    ["a single alternative", { $or: [{ source: ["a"] }] }, ".$or: must have two patterns or more"],
    [
      "a field of an alternative that has the name of a rule",
      { detail: { $or: [{ a: { prefix: ["x"] } }, { b: [1] }] } },
      ".detail.$or[0].a.prefix: EventBridge reads 'prefix' as a rule within $or",
    ],
    [
      "a range from its upper to its lower bound",
      { detail: { n: [{ numeric: ["<", 5, ">", 0] }] } },
      ".detail.n[0]: must be a range from its lower to its upper bound",
    ],
    [
      "an empty range",
      { detail: { n: [{ numeric: [">", 5, "<", 5] }] } },
      ".detail.n[0]: must be a range from its lower to its upper bound",
    ],
    [
      "a range that starts with an equal sign",
      { detail: { n: [1, { numeric: ["=", 3, "<", 5] }] } },
      ".detail.n[1]: must be a range from its lower to its upper bound",
    ],
    [
      "a compared number above the maximum",
      { detail: { at: [{ numeric: [">", 1_700_000_000_000] }] } },
      ".detail.at[0]: EventBridge compares numbers up to 5000000000",
    ],
    [
      "an excluded number below the minimum",
      { detail: { at: [{ "anything-but": [-6e9] }] } },
      ".detail.at[0]: EventBridge compares numbers up to 5000000000",
    ],
    [
      "an exclusion of strings and numbers",
      { detail: { a: [{ "anything-but": ["x", 5] }] } },
      ".detail.a[0]: mixes strings and numbers",
    ],
    [
      "an exclusion of all strings",
      { detail: { a: [{ "anything-but": { prefix: "" } }] } },
      ".detail.a[0]: excludes the empty prefix",
    ],
    [
      "a wildcard rule",
      { source: [{ wildcard: "a*" }] },
      ".source[0]: there is no rule 'wildcard'. There are: prefix, suffix, equals-ignore-case",
    ],
    [
      "a rule for IP addresses",
      { detail: { ip: [{ cidr: "10.0.0.0/8" }] } },
      ".detail.ip[0]: there is no rule 'cidr'.",
    ],
    [
      "a prefix that ignores case",
      { source: [{ prefix: { "equals-ignore-case": "a" } }] },
      '.source[0]: must be written as { prefix: "a" }.',
    ],
  ])("rejects a pattern that EventBridge does not support: %s", (_, pattern, issue) => {
    expect(() => readConfig({ plugins: [createInboundOf(pattern)] })).toThrow(`receiver.inbound.all.from${issue}`);
  });

  it.each<[object]>([
    [
      {
        source: [{ prefix: "" }],
        detail: {
          n: [{ numeric: [">=", -5e9, "<", 5e9] }, 17e11],
          a: [{ "anything-but": [1, 2] }],
          b: [{ "anything-but": ["x"] }],
        },
      },
    ],
    [
      {
        source: ["a"],
        detail: { prefix: ["x"], $or: [{ a: [{ exists: false }] }, { $or: [{ b: { c: [null] } }, { d: [true] }] }] },
      },
    ],
  ])("accepts the pattern %j", (pattern) => {
    expect(readConfig({ plugins: [createInboundOf(pattern)] }).plugins).toHaveLength(1);
  });

  it.each<[string, object, string]>([
    ["a batch of no messages", { batch: { size: 0 } }, "receiver.inbound.all.batch.size"],
    ["a timeout above the maximum of Lambda", { timeout: 1000 }, "receiver.inbound.all.timeout"],
  ])("rejects invalid queue options: %s", (_, options, issue) => {
    const plugin = definePlugin({ name: "receiver", about, inbound: { all: { about, ...options, run } } })();

    expect(() => readConfig({ plugins: [plugin] })).toThrow(issue);
  });

  it("rejects a queue that a listener uses", () => {
    const both = definePlugin({
      name: "receiver",
      about,
      listeners: { all: { on: ["record.create"], run } },
      inbound: { all: { about, run } },
    })();

    expect(() => readConfig({ plugins: [both] })).toThrow(
      "plugins: receiver.inbound.all: its queue 'receiver-all' is already used by listeners.all of the plugin 'receiver'. Rename one.",
    );
  });

  it("rejects an invalid queue name", () => {
    const invalid = definePlugin({ name: "receiver", about, inbound: { "to all": { about, run } } })();

    expect(() => readConfig({ plugins: [invalid] })).toThrow(
      "plugins: receiver.inbound.to all: its queue would be named 'receiver-to all'.",
    );
  });
});

describe("readConfig with a publisher", () => {
  const createPublisher = (...from: string[]) =>
    definePlugin({
      name: "sender",
      about,
      publishers: { send: { about, from: () => from, publish: async () => {} } },
    })();

  it("accepts only existing listeners and inbound sources", () => {
    const plugins = [createInboundOf({ source: ["x"] }), createPublisher("receiver-all")];

    expect(readConfig({ plugins }).plugins).toHaveLength(2);
    expect(() => readConfig({ plugins: [plugins[0] as never, createPublisher("receiver-al")] })).toThrow(
      "plugins: sender.publishers.send.from: there is no listener 'receiver-al'. Did you mean 'receiver-all'?",
    );
    expect(() => readConfig({ plugins: [plugins[0] as never, createPublisher()] })).toThrow(
      "plugins: sender.publishers.send.from: is empty, so nothing would be published",
    );
  });
});
