import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import * as z from "zod";
import { readFlags } from "../../cli/command-flags.ts";
import { commandsOf, findCommand } from "../../cli/plugin-commands.ts";
import { readPlace } from "../../cli/run.ts";
import { runPluginCommand } from "../../cli/run-plugin-command.ts";
import { readConfig } from "../../config/config.ts";
import { commandOutput, runCommand } from "./run-command.ts";
import { startedKintoun } from "./start-kintoun.ts";

const flags = z.strictObject({
  title: z.string().min(3),
  tag: z.array(z.string()).default([]),
  times: z.int().default(1),
  dryRun: z.boolean().default(false),
});
const library = definePlugin({
  name: "library",
  about: "Keeps books.",
  needs: () => ({ data: need.data({ "bucket:create": ["/"] }) }),
  setup: ({ resources }) => resources,
  commands: {
    shelve: {
      about: "Puts a book on the shelf.",
      flags,
      run: async ({ flags: { title, times, dryRun }, print }, { services: { data } }) => {
        if (dryRun) return print(`would shelve ${title}`);
        for (let i = 0; i < times; i++) await data.create("/buckets", { data: { id: `${title}-${i}` } });
        for await (const { id } of data.list("/buckets")) print(String(id));
      },
    },
    burn: {
      about: "Fails.",
      run: () => {
        throw new Error("books are not burnt");
      },
    },
    wait: {
      about: "Waits until it is told to stop.",
      run: ({ print, signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
          print("waiting");
        }),
    },
  },
});
const plain = definePlugin({ name: "plain", about: "Has no commands." });

const config = readConfig({ plugins: [library(), plain()] });
const folder = mkdtempSync(join(tmpdir(), "kintoun-run-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const USAGE = "npm run -s kintoun -- run library shelve --title TEXT [--tag TEXT …] [--times NUMBER] [--dry-run]";
const read = (...args: string[]) => readFlags("run library shelve", flags, args);

const running = async (
  name: string,
  given: unknown,
  { data, signal = new AbortController().signal }: { data?: string; signal?: AbortSignal } = {},
) => {
  const lines: string[] = [];
  const place = data === undefined ? ({ kind: "memory" } as const) : ({ kind: "data", folder: data } as const);
  await runPluginCommand({
    config,
    place,
    command: { plugin: "library", name },
    flags: given,
    print: (line) => lines.push(line),
    signal,
  });
  return lines;
};

describe("a command's flags", () => {
  it("are texts, numbers, yes or no, and lists by repetition", async () => {
    expect(await read("--title", "Emma", "--tag", "a", "--tag=b", "--times", "2", "--dry-run")).toEqual({
      title: "Emma",
      tag: ["a", "b"],
      times: 2,
      dryRun: true,
    });
    expect(await read("--title=Emma", "--no-dry-run")).toEqual({ title: "Emma", tag: [], times: 1, dryRun: false });
    expect(await readFlags("run x y", undefined, [])).toBeUndefined();
  });

  it.each([
    [["--titel", "Emma"], "--titel is not known. Did you mean '--title'?"],
    [["--title", "Emma", "--times", "two"], "--times takes a number, not 'two'."],
    [["--title", "Emma", "--title", "Ada"], "--title is given more than once."],
    [["--title"], "--title takes a value."],
    [["--title", "Emma", "loose"], "'loose' belongs to no flag."],
    [["--title", "Emma", "--dry-run=maybe"], "--dry-run takes no value, or true or false, not 'maybe'."],
    [[], "--title: Invalid input: expected string, received undefined"],
    [["--title", "E"], "--title: Too small: expected string to have >=3 characters"],
    [["--title", "Emma", "--__proto__", "x"], "--__proto__ is not known. "],
  ])("that are wrong are told, with what was meant: %j", async (args, told) => {
    await expect(read(...args)).rejects.toMatchObject({ lines: [told, USAGE] });
  });

  it("are apart from where the command works", () => {
    expect(readPlace(["--title", "Emma", "--data", "there", "--dry-run"])).toEqual({
      place: { kind: "data", folder: "there" },
      own: ["--title", "Emma", "--dry-run"],
    });
    expect(readPlace(["--memory", "--title=Emma"])).toEqual({ place: { kind: "memory" }, own: ["--title=Emma"] });
    expect(readPlace(["--stack=Kintoun", "--title=Emma"])).toEqual({
      place: { kind: "stack", name: "Kintoun" },
      own: ["--title=Emma"],
    });
    expect(readPlace([])).toEqual({ place: { kind: "data", folder: ".kintoun" }, own: [] });
    expect(() => readPlace(["--data"])).toThrow("--data takes a folder");
    expect(() => readPlace(["--data", "x", "--memory"])).toThrow("give one of them");
  });
});

describe("the commands of plugins", () => {
  it("are listed, with their flags", () => {
    expect(commandsOf(config.plugins)).toContain(
      "library shelve --title TEXT [--tag TEXT …] [--times NUMBER] [--dry-run]\n    Puts a book on the shelf.\nlibrary burn\n",
    );
  });

  it("are found by their names, or it is told what was meant", () => {
    expect(findCommand(config.plugins, "library", "burn")).toMatchObject({
      plugin: "library",
      name: "burn",
      about: "Fails.",
    });
    expect(() => findCommand(config.plugins, "libary", "burn")).toThrow(
      "There is no plugin 'libary'. Did you mean 'library'?",
    );
    expect(() => findCommand(config.plugins, "plain", "burn")).toThrow(
      "The plugin 'plain' has no commands. There are: library.",
    );
    expect(() => findCommand(config.plugins, "library", "bun")).toThrow(
      "The plugin 'library' has no command 'bun'. Did you mean 'burn'?",
    );
    expect(() => findCommand(config.plugins, "library", undefined)).toThrow("Which command of 'library'?");
    expect(() => findCommand(config.plugins, "library", "constructor")).toThrow("has no command 'constructor'");
  });

  it("work on the data of a folder, which keeps them, or on none that are kept", async () => {
    const data = join(folder, "kept");
    expect(await running("shelve", { title: "Emma", times: 1 }, { data })).toEqual(["Emma-0"]);
    expect(await running("shelve", { title: "Ada", times: 1 }, { data })).toEqual(["Ada-0", "Emma-0"]);
    expect(await running("shelve", { title: "Eve", times: 1 })).toEqual(["Eve-0"]);
  });

  it("that fail are told with their plugin; those that are told to stop, are not", async () => {
    await expect(running("burn", undefined)).rejects.toMatchObject({
      lines: ["The command 'burn' of the plugin 'library' failed: books are not burnt"],
    });
    const stopping = new AbortController();
    const lines: string[] = [];
    const print = (line: string) => {
      lines.push(line);
      stopping.abort(new Error("It was told to stop"));
    };
    const command = { plugin: "library", name: "wait" };
    await runPluginCommand({
      config,
      place: { kind: "memory" },
      command,
      flags: undefined,
      print,
      signal: stopping.signal,
    });
    await runPluginCommand({
      config,
      place: { kind: "memory" },
      command,
      flags: undefined,
      print,
      signal: stopping.signal,
    });
    expect(lines).toEqual(["waiting"]);
  });

  it("work on the store that npm start runs on a folder", async () => {
    const data = join(folder, "held");
    const store = await startedKintoun(["--port", "0", "--data", data]);
    expect(await running("shelve", { title: "Emma", times: 1 }, { data })).toEqual(["Emma-0"]);

    const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
    const { status } = await fetch(`${store.url}/buckets/Emma-0`, { headers: { authorization } });
    await store.end("SIGTERM");
    expect(status).toBe(403);
  });
});

describe("kintoun run", () => {
  const root = join(import.meta.dirname, "../..");
  it("lists what there is, and ends with 1 where something is wrong", async () => {
    expect(await commandOutput("node cli/main.ts run", root)).toContain("npm run -s kintoun -- run PLUGIN COMMAND");
    const wrong = await runCommand("node cli/main.ts run nobody home", root);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("There is no plugin 'nobody'.")]);
  });
});
