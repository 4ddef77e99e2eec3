import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";

const run = () => undefined;
const go = { about: "Goes.", on: ["bucket"], run } as const;
/** The issues of a plugin with this action. */
const flawsOf = (action: object, name = "p", ...others: unknown[]) => {
  const plugin = definePlugin({ name, about: "Is a test.", actions: { go: { ...go, ...action } } })();
  try {
    readConfig({ plugins: [...others, plugin] });
    return [];
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split("\n");
  }
};

describe("an action is rejected", () => {
  it.each([
    [
      "stands nowhere",
      { on: [] },
      "plugins: p.actions.go.on: is empty. Add at least one of server, bucket, group, collection, record.",
    ],
    [
      "stands at nothing that there is",
      { on: ["records"] },
      "plugins: p.actions.go.on: there is no 'records'. Did you mean 'record'?",
    ],
    [
      "needs a permission that there is not",
      { permission: "writ" },
      "plugins: p.actions.go.permission: a bucket has no permission 'writ'. Did you mean 'write'?",
    ],
    [
      "needs one that only other objects have",
      { on: ["collection", "record"], permission: "record:create" },
      "plugins: p.actions.go.permission: a record has no permission 'record:create'",
    ],
    [
      "is to be listed in data that the server has not",
      { on: ["server"], optIn: true },
      "plugins: p.actions.go.optIn: the server has no data",
    ],
    [
      "takes parameters by what is no schema",
      { params: { count: "integer" } },
      "plugins: p.actions.go.params: must be a Standard Schema, such as one of zod, not an object.",
    ],
    [
      "may take no time",
      { timeLimit: 0 },
      "plugins: p.actions.go.timeLimit: must be a whole number of seconds from 1 to 2678400.",
    ],
    ["is tried half a time", { retries: 0.5 }, "plugins: p.actions.go.retries: must be a whole number from 0 to 100."],
    [
      "is remembered for ever",
      { expiry: Number.POSITIVE_INFINITY },
      "plugins: p.actions.go.expiry: must be a whole number of seconds",
    ],
  ])("if it %s", (_, action, issue) => {
    expect(flawsOf(action)).toEqual([expect.stringContaining(issue)]);
  });

  it("if another action of the same name is on the same type of object", () => {
    const other = definePlugin({
      name: "other",
      about: "Is a test.",
      actions: { go: { ...go, on: ["record", "bucket"] } },
    })();

    expect(flawsOf({}, "p", other)).toEqual([
      "plugins: p.actions.go: the plugin 'other' already has an action of this name on a bucket. Rename one.",
    ]);
    expect(flawsOf({ on: ["collection"] }, "p", other)).toEqual([]);
  });

  it("if a listener uses the queue of its plugin's jobs", () => {
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
