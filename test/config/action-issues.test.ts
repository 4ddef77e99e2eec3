import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";

const run = () => undefined;
const go = { about: "Does nothing.", on: ["bucket"], run } as const;
/** The lines of the error that `readConfig` throws for a plugin with this action. */
const readIssues = (action: object, name = "p", ...others: unknown[]) => {
  const plugin = definePlugin({ name, about: "Is a test.", actions: { go: { ...go, ...action } } })();
  try {
    readConfig({ plugins: [...others, plugin] });
    return [];
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split("\n");
  }
};

describe("readConfig with actions", () => {
  it.each([
    [
      "is on no type of object",
      { on: [] },
      "plugins: p.actions.go.on: is empty. Add at least one of server, bucket, group, collection, record.",
    ],
    [
      "is on an unknown type of object",
      { on: ["records"] },
      "plugins: p.actions.go.on: there is no 'records'. Did you mean 'record'?",
    ],
    [
      "needs an unknown permission",
      { permission: "writ" },
      "plugins: p.actions.go.permission: a bucket has no permission 'writ'. Did you mean 'write'?",
    ],
    [
      "needs a permission that one of its types of object does not have",
      { on: ["collection", "record"], permission: "record:create" },
      "plugins: p.actions.go.permission: a record has no permission 'record:create'",
    ],
    ["is opt-in on the server", { on: ["server"], optIn: true }, "plugins: p.actions.go.optIn: the server has no data"],
    [
      "has parameters without a schema",
      { params: { count: "integer" } },
      "plugins: p.actions.go.params: must be a Standard Schema, such as one of zod, not an object.",
    ],
    [
      "has a time limit of zero",
      { timeLimit: 0 },
      "plugins: p.actions.go.timeLimit: must be a whole number of seconds from 1 to 2678400.",
    ],
    [
      "has a fractional number of retries",
      { retries: 0.5 },
      "plugins: p.actions.go.retries: must be a whole number from 0 to 100.",
    ],
    [
      "has an infinite expiry",
      { expiry: Number.POSITIVE_INFINITY },
      "plugins: p.actions.go.expiry: must be a whole number of seconds",
    ],
  ])("rejects an action that %s", (_, action, issue) => {
    expect(readIssues(action)).toEqual([expect.stringContaining(issue)]);
  });

  it("rejects two actions of one name on the same type of object", () => {
    const other = definePlugin({
      name: "other",
      about: "Is a test.",
      actions: { go: { ...go, on: ["record", "bucket"] } },
    })();

    expect(readIssues({}, "p", other)).toEqual([
      "plugins: p.actions.go: the plugin 'other' already has an action of this name on a bucket. Rename one.",
    ]);
    expect(readIssues({ on: ["collection"] }, "p", other)).toEqual([]);
  });

  it("rejects a listener that uses the queue of its plugin's jobs", () => {
    const both = definePlugin({
      name: "p",
      about: "Is a test.",
      actions: { go },
      listeners: { jobs: { on: ["record.create"], run: () => {} } },
    })();

    expect(() => readConfig({ plugins: [both] })).toThrow(
      "plugins: p.listeners.jobs: its queue 'p-jobs' is already used by the jobs of 'p'. Rename one.",
    );
  });
});
