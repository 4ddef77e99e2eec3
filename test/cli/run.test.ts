import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import * as z from "zod";
import {
  createPluginCommand,
  executePluginCommand,
  expandPluginCommand,
  findCommand,
  listCommands,
} from "../../cli/commands/run/command.ts";
import { readConfig } from "../../config/config.ts";
import { UserError } from "../../config/user-error.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { startCloud } from "../../local/cloud.ts";
import { commandOutput, runCommand } from "./run-command.ts";
import { AUTHORIZATION, startedKintoun } from "./start-kintoun.ts";

const flags = z.strictObject({
  title: z.string().min(3),
  tag: z.array(z.string()).default([]),
  times: z.int().default(1),
  room: z.union([z.number(), z.bigint()]).optional(),
  dryRun: z.boolean().default(false),
});
const library = definePlugin({
  name: "library",
  about: "Keeps books.",
  needs: () => ({ data: need.data({ "bucket:create": ["/"] }) }),
  setup: ({ resources }) => resources,
  commands: {
    shelve: {
      about: "Adds a book to the library.",
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
      about: "Waits until it is stopped.",
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

interface Parsed {
  readonly flags: unknown;
  readonly target: unknown;
}

/** Parses the command line of `library shelve`. Rejects with commander's message. */
const parse = async (args: readonly string[], schema: typeof flags | undefined = flags): Promise<Parsed> => {
  let parsed: Parsed | undefined;
  let message = "";
  const command = createPluginCommand(
    { plugin: "library", name: "shelve", about: "Adds a book to the library.", flags: schema as never },
    async (flags, target) => {
      parsed = { flags, target };
    },
  );
  command.exitOverride().configureOutput({ writeErr: (text) => (message += text) });
  await command.parseAsync([...args], { from: "user" }).catch((error) => {
    throw error instanceof UserError ? error : new Error(message);
  });
  return parsed as Parsed;
};

const running = async (
  name: string,
  given: unknown,
  { data, signal = new AbortController().signal }: { data?: string; signal?: AbortSignal } = {},
) => {
  const lines: string[] = [];
  const target = data === undefined ? ({ kind: "memory" } as const) : ({ kind: "data", folder: data } as const);
  await executePluginCommand({
    config,
    target,
    command: { plugin: "library", name },
    flags: given,
    print: (line) => lines.push(line),
    signal,
  });
  return lines;
};

describe("flags of a plugin command", () => {
  it("are texts, numbers, booleans, and lists by repetition", async () => {
    const { flags: all } = await parse(["--title", "Emma", "--tag", "a", "--tag=b", "--times", "2", "--dry-run"]);

    expect(all).toEqual({ title: "Emma", tag: ["a", "b"], times: 2, dryRun: true });
    expect((await parse(["--title=Emma", "--no-dry-run"])).flags).toEqual({
      title: "Emma",
      tag: [],
      times: 1,
      dryRun: false,
    });
  });

  it("keep integers that a double rounds", async () => {
    const parseRoom = async (text: string) => (await parse(["--title=Emma", `--room=${text}`])).flags;

    expect(await parseRoom("9007199254740993")).toMatchObject({ room: 9007199254740993n });
    expect(await parseRoom("-1.5")).toMatchObject({ room: -1.5 });
    await expect(parse(["--title=Emma", "--times=9007199254740993"])).rejects.toThrow("--times: Invalid input");
  });

  it.each([
    [["--titel", "Emma"], "error: unknown option '--titel'\n(Did you mean --title?)"],
    [["--title", "Emma", "--times", "two"], "argument 'two' is invalid. Expected a number."],
    [["--title", "Emma", "--title", "Ada"], "argument 'Ada' is invalid. It is given more than once."],
    [["--title"], "error: option '--title <text>' argument missing"],
    [["--title", "Emma", "loose"], "error: too many arguments"],
    [[], "--title is required."],
    [["--title", "E"], "--title: Too small: expected string to have >=3 characters"],
    [["--title", "Emma", "--__proto__", "x"], "error: unknown option '--__proto__'"],
    [["--title", "Emma", "--data", "x", "--memory"], "cannot be used with option"],
    [["--title", "Emma", "--data", ""], "argument '' is invalid. It is empty."],
  ])("rejects %j", async (args, message) => {
    await expect(parse(args)).rejects.toThrow(message);
  });

  it.each([
    [["--data", "there"], { kind: "data", folder: "there" }],
    [["--memory"], { kind: "memory" }],
    [["--stack=Kintoun"], { kind: "stack", name: "Kintoun" }],
    [[], { kind: "data", folder: ".kintoun" }],
  ])("are separate from the options of the store: %j", async (args, target) => {
    expect(await parse(["--title", "Emma", ...args])).toMatchObject({ target, flags: { title: "Emma" } });
  });
});

describe("plugin commands", () => {
  it("are listed with their flags", () => {
    expect(listCommands(config.plugins)).toContain(
      "library shelve --title TEXT [--tag TEXT …] [--times NUMBER] [--room NUMBER] [--dry-run]\n    Adds a book to the library.\nlibrary burn\n",
    );
  });

  it("are found by name, else the nearest name is suggested", () => {
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
    const named = config.plugins.map((plugin) => ({ ...plugin, capability: `${plugin.name}_capability` }));
    expect(findCommand(named, "library_capability", "burn")).toMatchObject({ plugin: "library" });
    expect(() => findCommand(config.plugins, "library", "bun")).toThrow(
      "The plugin 'library' has no command 'bun'. Did you mean 'burn'?",
    );
    expect(() => findCommand(config.plugins, "library", undefined)).toThrow("Choose a command of 'library'.");
    expect(() => findCommand(config.plugins, "library", "constructor")).toThrow("has no command 'constructor'");
  });

  it("run on a data folder or in memory", async () => {
    const data = join(folder, "kept");
    expect(await running("shelve", { title: "Emma", times: 1 }, { data })).toEqual(["Emma-0"]);
    expect(await running("shelve", { title: "Ada", times: 1 }, { data })).toEqual(["Ada-0", "Emma-0"]);
    expect(await running("shelve", { title: "Eve", times: 1 })).toEqual(["Eve-0"]);
  });

  it("reject with the plugin's name when they fail, but not when they are stopped", async () => {
    await expect(running("burn", undefined)).rejects.toMatchObject({
      lines: ["The command 'burn' of the plugin 'library' failed: books are not burnt"],
    });
    const data = join(folder, "kept");
    await expect(running("burn", undefined, { data })).rejects.toMatchObject({
      lines: [expect.stringContaining("failed"), `It ran on the data folder ${data}. --data chooses another one.`],
    });
    const stopping = new AbortController();
    const lines: string[] = [];
    const print = (line: string) => {
      lines.push(line);
      stopping.abort(new Error("Stopped"));
    };
    const command = { plugin: "library", name: "wait" };
    await executePluginCommand({
      config,
      target: { kind: "memory" },
      command,
      flags: undefined,
      print,
      signal: stopping.signal,
    });
    await executePluginCommand({
      config,
      target: { kind: "memory" },
      command,
      flags: undefined,
      print,
      signal: stopping.signal,
    });
    expect(lines).toEqual(["waiting"]);
  });

  it("run on the store that npm start runs", async () => {
    const data = join(folder, "held");
    const store = await startedKintoun(["--port", "0", "--data", data]);
    expect(await running("shelve", { title: "Emma", times: 1 }, { data })).toEqual(["Emma-0"]);

    const authorization = AUTHORIZATION;
    const { status } = await fetch(`${store.url}/buckets/Emma-0`, { headers: { authorization } });
    await store.end("SIGTERM");
    expect(status).toBe(403);
  });
});

describe("kintoun run", () => {
  const root = join(import.meta.dirname, "../..");
  it("lists all commands, and exits with 1 when the arguments are wrong", async () => {
    expect(await commandOutput("node cli/main.ts run", root)).toContain("kintoun PLUGIN COMMAND");
    const wrong = await runCommand("node cli/main.ts run missing home", root);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("There is no plugin 'missing'.")]);
  });

  it("is not needed before the name of a plugin that has commands", async () => {
    const email = await runCommand("node cli/main.ts email test --help", root);
    expect([email.code, email.stdout]).toEqual([0, expect.stringContaining("Usage: kintoun email test [options]")]);
    expect(await expandPluginCommand(["events", "tail"], ["events"])).toEqual(["events", "tail"]);
    expect(await expandPluginCommand(["strat"], ["start"])).toEqual(["strat"]);
  });
});

describe("a command that sends to its plugin's own queue", () => {
  it("reaches a running store", async () => {
    const received: unknown[] = [];
    const mailer = definePlugin({
      name: "mailer",
      about: "Sends letters.",
      needs: () => ({ letters: need.queue("letters") }),
      setup: ({ resources }) => resources,
      inbound: { letters: { about: "Sends a letter.", run: ({ detail }) => void received.push(detail) } },
      commands: {
        send: {
          about: "Queues a letter.",
          run: async (_, { services }) => services.letters.send([{ detail: "hello" }]),
        },
      },
    });
    const withMailer = readConfig({ plugins: [mailer()] });
    const data = join(folder, "mailer");
    const cloud = await startCloud({ config: withMailer, port: 0, data, log: createJsonLog(() => undefined) });
    try {
      await executePluginCommand({
        config: withMailer,
        target: { kind: "data", folder: data },
        command: { plugin: "mailer", name: "send" },
        flags: {},
        print: () => undefined,
        signal: new AbortController().signal,
      });
      await cloud.drain();

      expect(received).toEqual(["hello"]);
    } finally {
      await cloud.close();
    }
  });
});
