import { describe, expect, it } from "@jest/globals";
import { definePlugin, type FilterPattern, need } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";

const about = "Is a test.";
const run = () => {};
const hearing = (from: unknown) =>
  definePlugin({ name: "ears", about, inbound: { all: { about, from: from as never, run } } })();
const pattern = (odd: object) => hearing(need.events(odd as FilterPattern));

describe("an inbound part", () => {
  it.each<[string, ReturnType<typeof hearing>, string]>([
    [
      "a source that is no kit's",
      hearing({ source: ["compute"] }),
      'ears.inbound.all.from: must be created by the kit: need.events({ source: ["compute"] }).',
    ],
    ["a pattern of nothing", pattern({}), "ears.inbound.all.from: has an empty pattern"],
    [
      "a field that no event has",
      pattern({ detail_type: ["x"] }),
      "ears.inbound.all.from.detail_type: events have no such field. Did you mean 'detail-type'?",
    ],
    [
      "a rule that is no list",
      pattern({ source: "compute" }),
      'ears.inbound.all.from.source: must be a list of rules: ["compute"].',
    ],
    ["a rule that is none", pattern({ detail: { id: [{ is: 3 }] } }), "ears.inbound.all.from.detail.id[0]"],
    [
      "a pattern too long for a rule",
      pattern({ source: Array.from({ length: 300 }, (_, n) => `source-${n}`) }),
      "has more than the 2048 characters",
    ],
    [
      "a bus that can't be",
      hearing(need.events({ source: ["x"] }, { bus: "a bus" })),
      "ears.inbound.all.from: 'a bus' is not a bus name",
    ],
  ])("is rejected with %s", (_, plugin, why) => {
    expect(() => readConfig({ plugins: [plugin] })).toThrow(why);
  });

  it.each<[string, object, string]>([
    ["a part that is empty", { detail: { state: {} } }, ".detail.state: is empty. Remove the field to match anything."],
    ["one alternative", { $or: [{ source: ["a"] }] }, ".$or: must have two patterns or more"],
    [
      "a rule's name for a field of alternatives",
      { detail: { $or: [{ a: { prefix: ["x"] } }, { b: [1] }] } },
      ".detail.$or[0].a.prefix: EventBridge reads 'prefix' as a rule within $or",
    ],
    [
      "a range upside down",
      { detail: { n: [{ numeric: ["<", 5, ">", 0] }] } },
      ".detail.n[0]: must be a range from its lower to its upper bound",
    ],
    [
      "a range with nothing in it",
      { detail: { n: [{ numeric: [">", 5, "<", 5] }] } },
      ".detail.n[0]: must be a range from its lower to its upper bound",
    ],
    [
      "an equal that is also less",
      { detail: { n: [1, { numeric: ["=", 3, "<", 5] }] } },
      ".detail.n[1]: must be a range from its lower to its upper bound",
    ],
    [
      "a number beyond those it compares",
      { detail: { at: [{ numeric: [">", 1_700_000_000_000] }] } },
      ".detail.at[0]: EventBridge compares numbers up to 5000000000",
    ],
    [
      "a number beyond those it excludes",
      { detail: { at: [{ "anything-but": [-6e9] }] } },
      ".detail.at[0]: EventBridge compares numbers up to 5000000000",
    ],
    [
      "texts and numbers excluded",
      { detail: { a: [{ "anything-but": ["x", 5] }] } },
      ".detail.a[0]: mixes strings and numbers",
    ],
    [
      "all texts excluded",
      { detail: { a: [{ "anything-but": { prefix: "" } }] } },
      ".detail.a[0]: excludes the empty prefix",
    ],
    [
      "a rule that is not had here",
      { source: [{ wildcard: "a*" }] },
      ".source[0]: there is no rule 'wildcard'. There are: prefix, suffix, equals-ignore-case",
    ],
    [
      "a rule of addresses, likewise",
      { detail: { ip: [{ cidr: "10.0.0.0/8" }] } },
      ".detail.ip[0]: there is no rule 'cidr'.",
    ],
    [
      "a prefix in any case, likewise",
      { source: [{ prefix: { "equals-ignore-case": "a" } }] },
      '.source[0]: must be written as { prefix: "a" }.',
    ],
  ])("is rejected with a pattern that EventBridge does not support: %s", (_, odd, why) => {
    expect(() => readConfig({ plugins: [pattern(odd)] })).toThrow(`ears.inbound.all.from${why}`);
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
  ])("accepts the pattern %j", (right) => {
    expect(readConfig({ plugins: [pattern(right)] }).plugins).toHaveLength(1);
  });

  it.each<[string, object, string]>([
    ["a batch of none", { batch: { size: 0 } }, "ears.inbound.all.batch.size"],
    ["a time that no Lambda has", { timeout: 1000 }, "ears.inbound.all.timeout"],
  ])("is rejected with invalid queue options: %s", (_, options, why) => {
    const plugin = definePlugin({ name: "ears", about, inbound: { all: { about, ...options, run } } })();

    expect(() => readConfig({ plugins: [plugin] })).toThrow(why);
  });

  it("cannot share its queue with a listener", () => {
    const both = definePlugin({
      name: "ears",
      about,
      listeners: { all: { on: ["record.create"], run } },
      inbound: { all: { about, run } },
    })();

    expect(() => readConfig({ plugins: [both] })).toThrow(
      "plugins: ears.inbound.all: its queue 'ears-all' is already used by listeners.all of the plugin 'ears'. Rename one.",
    );
  });

  it("must have a valid queue name", () => {
    const odd = definePlugin({ name: "ears", about, inbound: { "to all": { about, run } } })();

    expect(() => readConfig({ plugins: [odd] })).toThrow(
      "plugins: ears.inbound.to all: its queue would be named 'ears-to all'.",
    );
  });
});

describe("a publisher", () => {
  const telling = (...from: string[]) =>
    definePlugin({
      name: "mouth",
      about,
      publishers: { tell: { about, from: () => from, publish: async () => {} } },
    })();

  it("must name existing listeners and inbound parts", () => {
    const plugins = [pattern({ source: ["x"] }), telling("ears-all")];

    expect(readConfig({ plugins }).plugins).toHaveLength(2);
    expect(() => readConfig({ plugins: [plugins[0] as never, telling("ears-al")] })).toThrow(
      "plugins: mouth.publishers.tell.from: there is no listener 'ears-al'. Did you mean 'ears-all'?",
    );
    expect(() => readConfig({ plugins: [plugins[0] as never, telling()] })).toThrow(
      "plugins: mouth.publishers.tell.from: is empty, so nothing would be published",
    );
  });
});
