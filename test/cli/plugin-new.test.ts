/** @slow */

import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import ts from "typescript";
import { askForPlugin, type PluginAnswers } from "../../cli/commands/plugins/ask.ts";
import { folderFiles } from "../../cli/plugin-template/folder.ts";
import { packageFiles } from "../../cli/plugin-template/package.ts";
import { PART_NAMES } from "../../cli/plugin-template/parts.ts";
import { identifierOf } from "../../cli/plugin-template/plugin.ts";
import { openTerminal, type Terminal } from "../../cli/terminal.ts";
import { UserError } from "../../config/user-error.ts";
import { addToConfig, cleanClone } from "./clean-clone.ts";
import { blocksOf, follow } from "./follow.ts";
import { commandOutput, runCommand } from "./run-command.ts";

const NEW = "node cli/main.ts plugins new";
const OPTIONS = {
  author: "Ada <ada@example.org>",
  license: "UNLICENSED",
  version: "0.3.0",
  homepage: "https://example.org",
};

/** Answers the questions on a terminal. */
const answerQuestions = async (lines: readonly string[], name?: string, given: PluginAnswers = {}) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const terminal = openTerminal(input, output);
  const asked: string[] = [];
  const printed: string[] = [];
  let at = 0;
  const recorder: Terminal = {
    ask: (question, defaultAnswer) => {
      asked.push(question.split(/[\n,]/)[0] ?? "");
      const answer = terminal.ask(question, defaultAnswer);
      const line = lines[at++];
      if (line === undefined) input.end();
      else input.write(`${line}\n`);
      return answer;
    },
    print: (line) => printed.push(line),
    close: terminal.close,
  };
  try {
    return {
      plugin: await askForPlugin(name, given, ["email"], recorder),
      asked,
      printed,
      output: String(output.read()),
    };
  } finally {
    terminal.close();
  }
};

const withoutTerminal = (name: string | undefined, given: PluginAnswers = {}) =>
  askForPlugin(name, given, ["email"], undefined);

describe("askForPlugin", () => {
  it("uses the answers that options give", async () => {
    const given = {
      description: "Keeps notes.",
      version: "1.0.0-beta.1",
      author: "Ada <ada@example.org>",
      homepage: "https://example.org/notes",
      license: "MIT OR Apache-2.0",
      parts: "route, listener",
    };

    expect(await withoutTerminal("my-notes", given)).toEqual({
      ...given,
      name: "my-notes",
      identifier: "myNotes",
      parts: ["listener", "route"],
    });
  });

  it("uses defaults without a terminal", async () => {
    expect(await withoutTerminal("notes")).toEqual({
      name: "notes",
      identifier: "notes",
      description: "What notes does.",
      version: "0.1.0",
      author: undefined,
      homepage: undefined,
      license: "Apache-2.0",
      parts: ["listener"],
    });
  });

  it("asks on a terminal for missing answers", async () => {
    const { plugin, asked, output } = await answerQuestions(["Keeps notes.", "0.2.0", "", "", "route"], "notes", {
      license: "MIT",
    });

    expect(asked).toEqual(["Description", "Version", "Author", "Homepage", "Parts"]);
    expect(output).toContain("Description, one sentence [What notes does.]: ");
    expect(output).toMatch(/ {2}listener +handles changes after they are stored/);
    expect(plugin).toMatchObject({
      description: "Keeps notes.",
      version: "0.2.0",
      author: undefined,
      homepage: undefined,
      license: "MIT",
      parts: ["route"],
    });
  });

  it("asks again when an answer is not valid", async () => {
    const { plugin, asked, printed } = await answerQuestions([
      "Email",
      "email",
      "notes",
      "",
      "1",
      "1.0.0",
      "",
      "example.org",
      "http://example.org",
      "MIT!",
      "MIT",
      "rout",
      "",
    ]);

    expect(asked).toEqual([
      "Name",
      "Name",
      "Name",
      "Description",
      "Version",
      "Version",
      "Author",
      "Homepage",
      "Homepage",
      "License (SPDX name)",
      "License (SPDX name)",
      "Parts",
      "Parts",
    ]);
    expect(printed.map((line) => line.split(" ")[0])).toEqual([
      "'Email'",
      "kintoun.config.ts",
      "'1'",
      "The",
      "'MIT!'",
      "There",
    ]);
    expect(plugin).toMatchObject({
      name: "notes",
      version: "1.0.0",
      homepage: "http://example.org",
      license: "MIT",
      parts: ["listener"],
    });
  });

  it("rejects when the input ends", async () => {
    await expect(answerQuestions(["notes"])).rejects.toThrow("Nothing was written.");
  });

  it.each<[string, string | undefined, PluginAnswers, string]>([
    ["no name", undefined, {}, "The plugin needs a name"],
    ["upper case", "Notes", {}, "'Notes' is not a valid plugin name"],
    ["a digit at first", "1notes", {}, "is not a valid plugin name"],
    ["a path", "../notes", {}, "is not a valid plugin name"],
    ["a long name", "n".repeat(32), {}, "is not a valid plugin name"],
    ["another plugin's name", "email", {}, "already has a plugin 'email'"],
    ["an unknown part", "notes", { parts: "listner" }, "There is no part 'listner'. Did you mean 'listener'?"],
    ["no parts", "notes", { parts: "" }, "There is no part ''"],
    ["a part that every object has", "notes", { parts: "toString" }, "There is no part 'toString'"],
    ["several lines", "notes", { description: "one\ntwo" }, "The description must be one line"],
    ["nothing for a description", "notes", { description: " " }, "The description is empty"],
    ["control characters", "notes", { author: "Ada\u001b[2J" }, "The author must be one line"],
    ["no version", "notes", { version: "" }, "'' is not a version"],
    ["a version of two numbers", "notes", { version: "1.0" }, "'1.0' is not a version of Semantic Versioning"],
    ["a version that begins with v", "notes", { version: "v1.0.0" }, "'v1.0.0' is not a version"],
    ["a leading zero in a version", "notes", { version: "1.0.0-01" }, "'1.0.0-01' is not a version"],
    ["build metadata, which npm drops", "notes", { version: "1.0.0+7" }, "'1.0.0+7' is not a version"],
    ["a long version", "notes", { version: `1.0.0-${"a".repeat(60)}` }, "is not a version"],
    ["a homepage without a scheme", "notes", { homepage: "example.org" }, "The homepage 'example.org' is not a URL"],
    ["a homepage of another scheme", "notes", { homepage: "ftp://example.org" }, "is not a URL"],
    ["a homepage with spaces", "notes", { homepage: "https://example.org/a b" }, "is not a URL"],
    ["a homepage without a host", "notes", { homepage: "https://" }, "is not a URL"],
    ["an unknown license", "notes", { license: "do as you like" }, "is not an SPDX license name"],
  ])("rejects %s", async (_, name, given, why) => {
    const refused = withoutTerminal(name, given);

    await expect(refused).rejects.toThrow(UserError);
    await expect(refused).rejects.toThrow(why);
  });

  it("chooses an identifier that is not declared in the sources", async () => {
    const plugin = await withoutTerminal("p", { parts: PART_NAMES.join(",") });
    const versions = { kit: "0.2.0", types: "24.10.1", typescript: "5.9.3", zod: "4.6.7" };
    const files = { ...folderFiles(plugin, "checkout"), ...packageFiles(plugin, versions) };
    const declared = new Set<string>();
    const note = (node: ts.Node): void => {
      // A function's parameters may hide it: such functions do not use it.
      if (ts.isParameter(node)) return;
      if (
        (ts.isVariableDeclaration(node) || ts.isBindingElement(node) || ts.isImportSpecifier(node)) &&
        ts.isIdentifier(node.name)
      )
        declared.add(node.name.text);
      ts.forEachChild(node, note);
    };
    for (const [file, text] of Object.entries(files))
      if (file.endsWith(".ts")) note(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
    declared.delete("p");

    expect(declared).toContain("definePlugin");
    // A plugin's name in sources begins with a lower-case letter, and has no `_`.
    const possible = [...declared].filter((name) => /^[a-z][a-zA-Z0-9]*$/.test(name));
    const named = possible.map((name) => identifierOf(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)));
    expect(named).toEqual(possible.map((name) => `${name}Plugin`));
    expect(["delete", "await", "notes"].map(identifierOf)).toEqual(["deletePlugin", "awaitPlugin", "notes"]);
  });
});

describe("kintoun plugins new", () => {
  let clone: string;
  beforeAll(async () => {
    clone = await cleanClone();
  });
  afterAll(() => rm(dirname(clone), { recursive: true }));

  it("creates a folder that works as docs/plugins/writing.md says", async () => {
    const blocks = await blocksOf("plugins/writing.md", "In this checkout");
    const steps = await follow(blocks, clone, async (text) => {
      expect(await readFile(join(clone, "plugins/notes/index.ts"), "utf8")).toBe(`${text}\n`);
      await addToConfig(clone, 'import { notes } from "./plugins/notes/index.ts";', "notes()");
    });

    expect(steps.map(({ command }) => command.split(" -")[0])).toEqual(["npm run", "npm test", "curl", "npm run"]);
    for (const { command, printed, expected } of steps)
      if (expected !== undefined)
        expect({ command, printed: expected.startsWith("{") ? JSON.parse(printed) : printed }).toEqual({
          command,
          printed: expected.startsWith("{") ? JSON.parse(expected) : expected,
        });
    expect(steps[2]?.expected).toBeDefined();
  }, 300_000);

  it("creates every part, alone and with all others, so that types, linters and tests pass", async () => {
    const all = "the-longest-name-of-them-all-xx";
    const wanted = [...PART_NAMES.map((part) => [`only-${part}`, part]), [all, PART_NAMES.join(",")]] as const;
    const [first, ...others] = wanted.map(([name, parts]) => {
      const description = `Has "${parts.split(",")[0]}", it's /* all */ \`of\` \\ it.`;
      return [name, { ...OPTIONS, description, parts }] as const;
    });
    const options = Object.entries(first?.[1] ?? {}).map(([option, value]) => `--${option} ${quoted(value)}`);
    await commandOutput(`${NEW} ${first?.[0]} ${options.join(" ")}`, clone);
    // One process for all others saves their start.
    const script = `import { runNew } from "./cli/commands/plugins/new.ts";
      for (const [name, options] of ${JSON.stringify(others)}) await runNew(name, options);`;
    await commandOutput(`node --input-type=module --eval ${quoted(script)}`, clone);
    const folders = wanted.map(([name]) => `plugins/${name}`);
    // The type checker then loads the plugins and what they import, not the whole checkout.
    await writeFile(
      join(clone, "plugins/tsconfig.json"),
      JSON.stringify({ extends: "../tsconfig.json", include: wanted.map(([name]) => name), exclude: [] }),
    );

    await commandOutput(
      `node_modules/.bin/biome check --error-on-warnings --vcs-enabled=false ${folders.join(" ")}`,
      clone,
    );
    await commandOutput(`node node_modules/oxlint/bin/oxlint ${folders.join(" ")}`, clone);
    await commandOutput(`npm test -- test/architecture.test.ts plugins/${all}`, clone);

    const manifest = JSON.parse(await readFile(join(clone, folders[0] ?? "", "package.json"), "utf8"));
    expect(manifest).toMatchObject({
      private: true,
      version: "0.3.0",
      author: "Ada <ada@example.org>",
      homepage: "https://example.org",
      license: "UNLICENSED",
      type: "module",
    });
  }, 300_000);

  it("writes only to folders that do not exist or are empty", async () => {
    await mkdir(join(clone, "plugins/empty"));
    await mkdir(join(clone, "plugins/full"));
    await writeFile(join(clone, "plugins/full/mine.txt"), "mine");

    expect(await runCommand(`${NEW} empty`, clone)).toMatchObject({ code: 0 });
    const refused = await runCommand(`${NEW} full`, clone);
    const again = await runCommand(`${NEW} empty`, clone);
    const elsewhere = await runCommand(`${NEW} other --package --folder plugins/full`, clone);

    expect([refused, again, elsewhere].map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(refused.stderr).toBe(
      "The folder plugins/full is not empty, so nothing was written. Choose another name or folder, or remove it.\n",
    );
    expect(again.stderr).toContain("The folder plugins/empty is not empty");
    expect(elsewhere.stderr).toContain("The folder plugins/full is not empty");
    expect(existsSync(join(clone, "plugins/full/index.ts"))).toBe(false);
  }, 120_000);

  it.each([
    ["plugins nwe notes", "unknown command 'plugins nwe'. Did you mean 'new'?"],
    ["plugins new notes more", "too many arguments"],
    ["plugins new", "The plugin needs a name"],
    ["plugins new default-bucket", "already has a plugin 'default-bucket'"],
    ["plugins new other --folder x", "--folder needs --package"],
    ["plugins new other --colour red", "unknown option '--colour'"],
    ["plugins new other --package --folder package.json", "package.json cannot be written"],
  ])("kintoun %s exits with 1 and a reason", async (args, why) => {
    const { code, stdout, stderr } = await runCommand(`node cli/main.ts ${args}`, clone);

    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(why);
    expect(existsSync(join(clone, "plugins/other"))).toBe(false);
  });
});

/** Quotes a text for the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
