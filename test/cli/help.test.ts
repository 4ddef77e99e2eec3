import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { runCommand } from "./run-command.ts";

const kintoun = (args: string) => runCommand(`node cli/main.ts ${args}`, join(import.meta.dirname, "../.."));

describe("kintoun help", () => {
  it.each(["", "help", "--help", "-h"])("kintoun %s prints the commands and exits with 0", async (args) => {
    const { code, stdout, stderr } = await kintoun(args);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: kintoun \[options\] \[command\]\n/);
    expect(stdout).toMatch(/^ {2}start \[options\] +Run the whole store on this machine/m);
  });

  it.each([
    ["worker --help", /^Usage: kintoun worker \[options\] <queue>\n/],
    ["queues --help", /^Usage: kintoun queues \[options\] \[command\]\n/],
    ["queues redrive --help", /--rate <number> +maximum number of messages per second \(default: 20\)/],
    ["plugins new --help", /^Usage: kintoun plugins new \[options\] \[name\]\n/],
    ["help worker", /^Usage: kintoun worker /],
  ])("kintoun %s prints the usage and exits with 0", async (args, usage) => {
    const { code, stdout, stderr } = await kintoun(args);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(usage);
  });

  it("prints the version with --version", async () => {
    expect(await kintoun("--version")).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: "",
    });
  });
});

describe("kintoun with wrong arguments", () => {
  it.each([
    ["strat", "error: unknown command 'strat'\n(Did you mean start?)\n"],
    ["queues redriv", "error: unknown command 'queues redriv'. Did you mean 'redrive'?\n"],
    ["queues --jsno", "error: unknown option '--jsno'\n(Did you mean --json?)\n"],
    ["worker", "error: missing required argument 'queue'\n"],
  ])("kintoun %s exits with 1 and a suggestion or reason", async (args, message) => {
    expect(await kintoun(args)).toEqual({ code: 1, stdout: "", stderr: expect.stringContaining(message) });
  });
});
