import { describe, expect, it } from "@jest/globals";
import { definePlugin, storeHookPoints } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { UserError } from "../../config/user-error.ts";

const run = () => {};
const slow = (timeout: unknown) => {
  const time = timeout === undefined ? {} : { timeout: timeout as number };
  return definePlugin({
    name: "slow",
    about: "Runs slowly.",
    hooks: {
      before: { check: { on: ["record.create"], ...time, run } },
      after: { check: { on: ["record.create"], ...time, run } },
      at: { check: { point: storeHookPoints["batch.pre"], ...time, run } },
    },
    routes: { "GET /slow": { about: "Runs slowly.", ...time, run: () => ({ status: 200, body: "" }) } },
  })();
};

describe("readConfig with the timeout of a hook or a route", () => {
  it.each([undefined, 0.05, 2, 25])("accepts %p", (timeout) => {
    expect(readConfig({ plugins: [slow(timeout)] }).plugins).toHaveLength(1);
  });

  it.each([0, -1, 26, Number.POSITIVE_INFINITY, Number.NaN, "2"])("rejects %p", (timeout) => {
    let lines: readonly string[] = [];
    try {
      readConfig({ plugins: [slow(timeout)] });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      ({ lines } = error);
    }
    expect(lines).toEqual(
      ["hooks.before.check", "hooks.after.check", "hooks.at.check", "routes['GET /slow']"].map(
        (part) =>
          `plugins: slow.${part}.timeout: must be a number of seconds above 0 and at most 25, not ${String(timeout)}.`,
      ),
    );
  });
});
