import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import ts from "typescript";
import { answers, type Given } from "../../cli/plugin-answers.ts";
import { folderFiles } from "../../cli/plugin-template/folder.ts";
import { packageFiles } from "../../cli/plugin-template/package.ts";
import { PART_NAMES } from "../../cli/plugin-template/parts.ts";
import { identifierOf } from "../../cli/plugin-template/plugin.ts";
import { openTerminal, type Terminal } from "../../cli/terminal.ts";
import { UserError } from "../../config/problem.ts";
import { addToConfig, cleanClone } from "./clean-clone.ts";
import { blocksOf, follow } from "./follow.ts";
import { commandOutput, runCommand } from "./run-command.ts";

const NEW = "node cli/main.ts plugin new";

/** What somebody at a terminal gets who types these lines. */
const typed = async (lines: readonly string[], name?: string, given: Given = {}) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const terminal = openTerminal(input, output);
  const asked: string[] = [];
  const told: string[] = [];
  let at = 0;
  const somebody: Terminal = {
    ask: (question, otherwise) => {
      asked.push(question.split(/[\n,]/)[0] ?? "");
      const answer = terminal.ask(question, otherwise);
      const line = lines[at++];
      if (line === undefined) input.end();
      else input.write(`${line}\n`);
      return answer;
    },
    tell: (line) => told.push(line),
    close: terminal.close,
  };
  try {
    return { plugin: await answers(name, given, ["email"], somebody), asked, told, shown: String(output.read()) };
  } finally {
    terminal.close();
  }
};

const unattended = (name: string | undefined, given: Given = {}) => answers(name, given, ["email"], undefined);

describe("what a new plugin shall be", () => {
  it("is said by flags", async () => {
    const given = {
      description: "Keeps notes.",
      author: "Ada <ada@example.org>",
      licence: "MIT OR Apache-2.0",
      parts: "route, listener",
    };

    expect(await unattended("my-notes", given)).toEqual({
      ...given,
      name: "my-notes",
      identifier: "myNotes",
      parts: ["listener", "route"],
    });
  });

  it("is the usual where nothing is said and nobody can be asked", async () => {
    expect(await unattended("notes")).toEqual({
      name: "notes",
      identifier: "notes",
      description: "What notes does.",
      author: undefined,
      licence: "Apache-2.0",
      parts: ["listener"],
    });
  });

  it("is asked at a terminal, but for what flags say", async () => {
    const { plugin, asked, shown } = await typed(["Keeps notes.", "", "route"], "notes", { licence: "MIT" });

    expect(asked).toEqual(["Description", "Author", "Parts"]);
    expect(shown).toContain("Description, one sentence [What notes does.]: ");
    expect(shown).toMatch(/ {2}listener +is told what has changed/);
    expect(plugin).toMatchObject({ description: "Keeps notes.", author: undefined, licence: "MIT", parts: ["route"] });
  });

  it("is asked again where the answer will not do", async () => {
    const { plugin, asked, told } = await typed(["Email", "email", "notes", "", "", "MIT!", "MIT", "rout", ""]);

    expect(asked).toEqual(["Name", "Name", "Name", "Description", "Author", "Licence", "Licence", "Parts", "Parts"]);
    expect(told.map((line) => line.split(" ")[0])).toEqual(["'Email'", "kintoun.config.ts", "'MIT!'", "There"]);
    expect(plugin).toMatchObject({ name: "notes", licence: "MIT", parts: ["listener"] });
  });

  it("is not guessed when the terminal ends the input", async () => {
    await expect(typed(["notes"])).rejects.toThrow("Nothing was written.");
  });

  it.each<[string, string | undefined, Given, string]>([
    ["no name", undefined, {}, "A plugin needs a name"],
    ["upper case", "Notes", {}, "'Notes' can't name a plugin"],
    ["a digit at first", "1notes", {}, "can't name a plugin"],
    ["a path", "../notes", {}, "can't name a plugin"],
    ["a long name", "n".repeat(32), {}, "can't name a plugin"],
    ["another plugin's name", "email", {}, "has a plugin 'email' already"],
    ["an unknown part", "notes", { parts: "listner" }, "There is no part 'listner'. Did you mean 'listener'?"],
    ["no parts", "notes", { parts: "" }, "There is no part ''"],
    ["a part that every object has", "notes", { parts: "toString" }, "There is no part 'toString'"],
    ["several lines", "notes", { description: "one\ntwo" }, "The description is one line"],
    ["nothing for a description", "notes", { description: " " }, "The description is a sentence"],
    ["control characters", "notes", { author: "Ada\u001b[2J" }, "The author is one line"],
    ["an unknown licence", "notes", { licence: "do as you like" }, "is no licence that npm knows"],
  ])("is refused: %s", async (_, name, given, why) => {
    const refused = unattended(name, given);

    await expect(refused).rejects.toThrow(UserError);
    await expect(refused).rejects.toThrow(why);
  });

  it("is called by no name that means something else in its sources", async () => {
    const plugin = await unattended("p", { parts: PART_NAMES.join(",") });
    const versions = { kit: "0.1.0", types: "24.10.1", typescript: "5.9.3", zod: "4.6.7" };
    const files = { ...folderFiles(plugin), ...packageFiles(plugin, versions) };
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

describe("kintoun plugin new", () => {
  let clone: string;
  beforeAll(async () => {
    clone = await cleanClone();
  });
  afterAll(() => rm(dirname(clone), { recursive: true }));

  it("begins a folder that works as docs/plugins/writing.md tells", async () => {
    const blocks = await blocksOf("plugins/writing.md", "In this checkout");
    const steps = await follow(blocks, clone, async (text) => {
      expect(await readFile(join(clone, "plugins/notes/index.ts"), "utf8")).toBe(`${text}\n`);
      await addToConfig(clone, 'import { notes } from "./plugins/notes/index.ts";', "notes()");
    });

    expect(steps.map(({ command }) => command.split(" -")[0])).toEqual(["npm run", "npm test", "curl", "npm run"]);
    for (const { command, printed, told } of steps)
      if (told !== undefined)
        expect({ command, printed: told.startsWith("{") ? JSON.parse(printed) : printed }).toEqual({
          command,
          printed: told.startsWith("{") ? JSON.parse(told) : told,
        });
    expect(steps[2]?.told).toBeDefined();
  }, 300_000);

  it("writes each part, alone and with all others, so that types and linters pass, and the tests of all", async () => {
    const all = "the-longest-name-of-them-all-xx";
    const wanted = [...PART_NAMES.map((part) => [`only-${part}`, part]), [all, PART_NAMES.join(",")]] as const;
    for (const [name, parts] of wanted) {
      const description = `Has "${parts.split(",")[0]}", it's /* all */ \`of\` \\ it.`;
      await commandOutput(
        `${NEW} ${name} --parts ${parts} --author 'Ada <ada@example.org>' --license UNLICENSED --description ${quoted(description)}`,
        clone,
      );
    }
    const folders = wanted.map(([name]) => `plugins/${name}`);
    await writeFile(
      join(clone, "tsconfig.plugins.json"),
      JSON.stringify({ extends: "./tsconfig.json", include: folders }),
    );

    await commandOutput("node node_modules/typescript/bin/tsc -p tsconfig.plugins.json", clone);
    await commandOutput(
      `node_modules/.bin/biome check --error-on-warnings --vcs-enabled=false ${folders.join(" ")}`,
      clone,
    );
    await commandOutput(`node node_modules/eslint/bin/eslint.js ${folders.join(" ")}`, clone);
    await commandOutput(`npm test -- test/architecture.test.ts plugins/${all}`, clone);

    const manifest = JSON.parse(await readFile(join(clone, folders[0] ?? "", "package.json"), "utf8"));
    expect(manifest).toMatchObject({
      private: true,
      author: "Ada <ada@example.org>",
      license: "UNLICENSED",
      type: "module",
    });
  }, 300_000);

  it("touches no folder that is there, but for an empty one", async () => {
    await mkdir(join(clone, "plugins/empty"));
    await mkdir(join(clone, "plugins/full"));
    await writeFile(join(clone, "plugins/full/mine.txt"), "mine");

    expect(await runCommand(`${NEW} empty`, clone)).toMatchObject({ code: 0 });
    const refused = await runCommand(`${NEW} full`, clone);
    const again = await runCommand(`${NEW} empty`, clone);
    const elsewhere = await runCommand(`${NEW} other --package --folder plugins/full`, clone);

    expect([refused, again, elsewhere].map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(refused.stderr).toBe(
      "plugins/full is there already, and is not empty: nothing was written. Choose another name or folder, or remove it.\n",
    );
    expect(again.stderr).toContain("plugins/empty is there already");
    expect(elsewhere.stderr).toContain("plugins/full is there already");
    expect(existsSync(join(clone, "plugins/full/index.ts"))).toBe(false);
  }, 120_000);

  it.each([
    ["plugin", "npm run -s kintoun -- plugin new NAME"],
    ["plugin nwe notes", "npm run -s kintoun -- plugin new NAME"],
    ["plugin new notes more", "npm run -s kintoun -- plugin new NAME"],
    ["plugin new", "A plugin needs a name"],
    ["plugin new default-bucket", "has a plugin 'default-bucket' already"],
    ["plugin new other --folder x", "--folder PATH goes with --package"],
    ["plugin new other --licence MIT --license MIT", "give one of them"],
    ["plugin new other --colour red", "Unknown option '--colour'"],
    ["plugin new other --package --folder package.json", "package.json can't be written"],
  ])("says what is wrong with: %s", async (args, why) => {
    const { code, stdout, stderr } = await runCommand(`node cli/main.ts ${args}`, clone);

    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(why);
    expect(existsSync(join(clone, "plugins/other"))).toBe(false);
  });
});

/** As a shell takes it for one word, whatever is in it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
