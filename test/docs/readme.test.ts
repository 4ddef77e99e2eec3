import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Started, startedEmptyKintoun } from "../cli/start-kintoun.ts";
import { waitUntil } from "../wait-until.ts";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
/** Shell commands, each with the response that follows it. */
const steps = [...readme.matchAll(/```sh\n([\s\S]*?)```\n```json\n([\s\S]*?)```/g)].map(
  ([, command = "", answer = ""]) => ({
    command: command.trim(),
    answer: JSON.parse(answer),
  }),
);

/** Converts a response of the page to a matcher. `…` matches anything. */
const toMatcher = (expected: unknown): unknown => {
  if (expected === "…") return expect.anything();
  if (typeof expected === "string" && expected.endsWith("…")) return expect.stringContaining(expected.slice(0, -1));
  if (Array.isArray(expected)) return expected.map(toMatcher);
  if (typeof expected !== "object" || expected === null) return expected;
  return expect.objectContaining(
    Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, toMatcher(value)])),
  );
};

const run = async (command: string) => JSON.parse((await promisify(execFile)("bash", ["-c", command])).stdout);

describe("README", () => {
  let started: Started;
  beforeAll(async () => {
    started = await startedEmptyKintoun(["--port", "0", "--memory"]);
  });
  afterAll(() => started.end("SIGTERM"));

  it("shows a response for each command", () => {
    expect(steps.length).toBeGreaterThanOrEqual(8);
    expect(readme.match(/```sh\n/g)).toHaveLength(steps.length);
  });

  it("shows responses that the store gives", async () => {
    for (const { command, answer } of steps) {
      const local = command.replaceAll("http://localhost:8888/v1", started.url);
      let response = await run(local);
      // The index follows the store after a moment.
      await waitUntil("the search finds a record", async () => {
        if (!command.includes("/search") || response.hits.total.value > 0) return true;
        response = await run(local);
        return false;
      });
      expect({ command, response }).toEqual({ command, response: toMatcher(answer) });
    }
    await waitUntil("the mail page shows the mail", async () =>
      (await (await fetch(started.url.replace("/v1", "/__mail__"))).text()).includes("record created"),
    );
  });

  it("names scripts and files that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    for (const [, name = ""] of readme.matchAll(/`?npm (?:run )?(start|test|example)\b/g))
      expect(Object.keys(scripts)).toContain(name);
    for (const [, file = ""] of readme.matchAll(/\]\(([^)h][^)#]*)/g))
      expect({ file, exists: existsSync(join(root, file)) }).toEqual({ file, exists: true });
  });
});
