import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { UserError } from "../../config/user-error.ts";

const createListener = (options: object, part = "notify", name = "p") =>
  definePlugin({
    name,
    about: "Listens.",
    listeners: { [part]: { on: ["record.create"], run: () => {}, ...options } },
  })();

/** The lines of the error that `readConfig` throws; none if it accepts the plugins. */
const readLines = (...plugins: ReturnType<typeof createListener>[]): readonly string[] => {
  try {
    readConfig({ plugins });
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
  return [];
};

describe("readConfig with queue options of a listener", () => {
  it.each([
    {},
    { batch: { size: 10 }, concurrency: 2, retries: 0, timeout: 1, delay: 0 },
    { batch: { size: 10_000, window: 300 }, concurrency: 1000, retries: 999, timeout: 800, delay: 900 },
    { batch: { size: 1, window: 0 } },
    { ordered: true, batch: { size: 10 } },
  ])("accepts %j", (options) => expect(readLines(createListener(options))).toEqual([]));

  it.each([
    [{ batch: { size: 0 } }, "batch.size: must be a whole number from 1 to 10000, not 0."],
    [{ batch: { size: 10_001, window: 1 } }, "batch.size: must be a whole number from 1 to 10000, not 10001."],
    [{ batch: { size: 2.5 } }, "batch.size: must be a whole number from 1 to 10000, not 2.5."],
    [{ batch: { size: 11 } }, "batch.window: must be at least 1 second for batches of more than 10."],
    [{ batch: { size: 10, window: 301 } }, "batch.window: must be a whole number of seconds from 0 to 300, not 301."],
    [{ concurrency: 1 }, "concurrency: must be a whole number from 2 to 1000, not 1."],
    [{ concurrency: "5" }, "concurrency: must be a whole number from 2 to 1000, not 5."],
    [{ retries: -1 }, "retries: must be a whole number from 0 to 999, not -1."],
    [{ timeout: 801 }, "timeout: must be a whole number of seconds from 1 to 800, not 801."],
    [{ timeout: 0.5 }, "timeout: must be a whole number of seconds from 1 to 800, not 0.5."],
    [{ delay: 901 }, "delay: must be a whole number of seconds from 0 to 900, not 901."],
    [{ ordered: true, batch: { size: 11, window: 1 } }, "batch.size: must be at most 10 for an ordered queue."],
    [
      { ordered: true, batch: { size: 5, window: 1 } },
      "batch.window: is not supported by an ordered queue. Remove it.",
    ],
  ])("rejects %j", (options, issue) =>
    expect(readLines(createListener(options))).toContain(`plugins: p.listeners.notify.${issue}`),
  );

  it("reports all issues of each listener", () => {
    expect(
      readLines(createListener({ retries: -1, delay: -1 }), createListener({ timeout: 0 }, "notify", "q")),
    ).toHaveLength(3);
  });
});

describe("readConfig with the pattern of a listener", () => {
  const readIssues = (where: unknown) =>
    readLines(createListener({ where: () => where })).map((line) => line.replace("plugins: p.listeners.notify.", ""));

  it.each([
    [undefined],
    [{}],
    [
      {
        new: {
          status: [
            "done",
            1,
            null,
            true,
            { prefix: "x" },
            { "anything-but": { prefix: "y" } },
            { numeric: [">", 0, "<", 5] },
          ],
        },
      },
    ],
    [
      {
        $or: [{ action: ["create"] }, { old: { a: { b: { c: [{ exists: false }] } } } }],
        bucket_id: [{ "anything-but": ["x", 5] }],
      },
    ],
  ])("accepts %j", (where) => expect(readIssues(where)).toEqual([]));

  it.each([
    [["create"], 'where: must be an object, such as { new: { status: ["done"] } }.'],
    [{ news: { a: [1] } }, "where.news: events have no such field. Did you mean 'new'?"],
    [{ $or: [{ act: ["create"] }] }, "where.$or[0].act: events have no such field."],
    [{ action: "create" }, 'where.action: must be a list of rules: ["create"].'],
    [{ action: [] }, "where.action: is an empty list, which nothing matches."],
    [{ $or: [] }, "where.$or: must be a list of patterns"],
    [{ $or: { action: ["create"] } }, "where.$or: must be a list of patterns"],
    [{ new: { a: [{ prefx: "x" }] } }, "where.new.a[0]: there is no rule 'prefx'. Did you mean 'prefix'?"],
    [
      { new: { a: ["x", { prefix: "x", suffix: "y" }] } },
      "where.new.a[1]: must be a string, a number, true, false, null, or one rule such as",
    ],
    [{ new: { a: [{}] } }, "where.new.a[0]: must be a string"],
    [{ new: { a: [["x"]] } }, "where.new.a[0]: must be a string"],
    [{ new: { a: [Number.NaN] } }, "where.new.a[0]: must be a string"],
    [{ new: { a: [{ prefix: 5 }] } }, 'where.new.a[0]: must be written as { prefix: "a" }.'],
    [{ new: { a: [{ exists: "yes" }] } }, "where.new.a[0]: must be written as { exists: false }."],
    [{ new: { a: [{ numeric: ["=>", 5] }] } }, 'where.new.a[0]: must be written as { numeric: [">", 0, "<=", 5] }.'],
    [{ new: { a: [{ numeric: [">", 5, "<"] }] } }, "where.new.a[0]: must be written as { numeric"],
    [{ new: { a: [{ "anything-but": "x" }] } }, 'where.new.a[0]: must be written as { "anything-but": ["draft"] }'],
    [{ new: { a: [{ "anything-but": [] }] } }, "where.new.a[0]: must be written as"],
    [JSON.parse('{"new":{"__proto__":"x"}}'), "where.new.__proto__: must be a list of rules"],
    [{ new: JSON.parse(`${'{"a":'.repeat(10)}[1]${"}".repeat(10)}`) }, "has more than 10 levels."],
  ])("rejects %j", (where, issue) => expect(readIssues(where).join("\n")).toContain(issue));
});

describe("readConfig with the queue name of a listener", () => {
  it("rejects the name of a dead-letter queue", () => {
    expect(
      readLines(createListener({}, "a"), createListener({}, "a-dead", "p-x"), createListener({}, "x-a-dead", "p2")),
    ).toEqual([]);
    expect(readLines(createListener({}, "x"), createListener({}, "dead", "p-x"))).toEqual([
      "plugins: p-x.listeners.dead: 'p-x-dead' is the dead-letter queue of 'p-x'. Rename one.",
    ]);
    expect(readLines(createListener({}, "purge-dead", "store"))).toEqual([
      "plugins: store.listeners.purge-dead: 'store-purge-dead' is the dead-letter queue of 'store-purge'. Rename one.",
    ]);
  });

  it("rejects the name of the queue of dispatch failures", () => {
    expect(readLines(createListener({}, "failures", "dispatch"))).toEqual([
      "plugins: dispatch.listeners.failures: 'dispatch-failures' is the queue of records that could not be dispatched. Rename it.",
    ]);
  });
});
