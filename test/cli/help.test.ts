import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { runCommand } from "./run-command.ts";

const kintoun = (args: string) => runCommand(`node cli/main.ts ${args}`, join(import.meta.dirname, "../.."));

it.each(["", "help", "--help", "-h"])(
  "whoever asks for nothing yet is told what there is: kintoun %s",
  async (args) => {
    const { code, stdout, stderr } = await kintoun(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^npm run -s kintoun -- COMMAND …\n {2}start {5}runs the whole store on this machine\n/);
  },
);

it.each([
  ["worker --help", /^npm run -s kintoun -- worker NAME \[--once\].*\n$/],
  ["plugin new --help", /^npm run -s kintoun -- plugin new NAME .*\n$/],
  ["worker", /^npm run -s kintoun -- worker NAME .*\nThere are: store-purge, .*, echo\.\n$/],
  ["strat", /^There is no command 'strat'\. Did you mean 'start'\?\n$/],
])("how a command is used is told: kintoun %s", async (args, told) => {
  const { code, stderr } = await kintoun(args);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(told) });
});
