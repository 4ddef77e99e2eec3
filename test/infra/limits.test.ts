import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Code } from "aws-cdk-lib/aws-lambda";
import { readConfig } from "../../config/config.ts";
import { UserError } from "../../config/user-error.ts";
import { KintounStack } from "../../infra/stack.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { stackOf } from "./synthesize.ts";

/** A plugin with so many listeners, whose queues have names as long as they may. */
const listening = (count: number) => {
  const name = (place: number) => `n${place}`.padEnd(41 - "listening-".length, "x");
  const listener = { on: ["record.create" as const], run: () => {} };
  return definePlugin({
    name: "listening",
    about: "Has many listeners.",
    version: "1",
    listeners: Object.fromEntries(Array.from({ length: count }, (_, place) => [name(place), listener])),
  })();
};

const problemOf = (make: () => unknown): readonly string[] => {
  try {
    make();
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
  return [];
};

describe("checkLimits", () => {
  it("accepts a store with 40 listeners", () => {
    expect(
      Object.keys(Template.fromStack(stackOf([basicauth(), listening(40)])).toJSON().Resources).length,
    ).toBeLessThan(500);
  });

  it("rejects too many listeners and says what to do", () => {
    expect(problemOf(() => stackOf([basicauth(), listening(60)]))).toEqual([
      expect.stringMatching(
        /^The stack has \d+ resources, but CloudFormation allows 500\. Each listener, .*Remove plugins from kintoun.config.ts, or /,
      ),
    ]);
  });

  it("rejects variables that are too long and names the longest", () => {
    const variables = { KINTOUN_PLUGIN_A_URLS: "https://example.org ".repeat(190), KINTOUN_PLUGIN_A_COUNT: "100" };
    expect(problemOf(() => stackOf([basicauth()], { variables }))).toEqual([
      expect.stringMatching(
        /^The variables of the functions have 4\d{3} bytes, but Lambda allows 3840\. The longest are: KINTOUN_PLUGIN_A_URLS \(3802\), KINTOUN_PLUGIN_A_COUNT \(5\)\. Shorten them\.$/,
      ),
    ]);
  });

  it("rejects a stack name that makes queue names too long", () => {
    const code = Code.fromInline("export const handler = () => {}");
    const config = readConfig({ plugins: [basicauth(), listening(1)] });
    const named = (name: string) => () =>
      new KintounStack(new App(), name, {
        config,
        code: { api: code, search: code, dispatch: code, worker: code },
        table: name,
      });

    expect(problemOf(named("Kintoun"))).toEqual([]);
    expect(problemOf(named("KintounOfTheSouthAndOfTheNorthTogether"))).toEqual([
      expect.stringMatching(
        /^The queue name .Kintoun\w+-00000000-listening-n0x+. has 89 characters, but SQS allows 80\. Choose a shorter stack name: -c stack=NAME\.$/,
      ),
    ]);
  });
});
