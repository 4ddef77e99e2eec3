import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { loadInstalledPlugins } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { parseCommand } from "./parse-command.ts";
import { answers, type Given } from "./plugin-answers.ts";
import { configLines } from "./plugin-template/documents.ts";
import { folderFiles, folderImport } from "./plugin-template/folder.ts";
import { packageFiles } from "./plugin-template/package.ts";
import { type Files, type NewPlugin, packageName, type Versions } from "./plugin-template/plugin.ts";
import { openTerminal } from "./terminal.ts";

const USAGE =
  "npm run -s kintoun -- plugin new NAME [--description TEXT] [--author TEXT] [--licence SPDX] [--parts NAME,…] [--package [--folder PATH]]";
const ROOT = resolve(import.meta.dirname, "..");

/** `kintoun plugin new`: begins a plugin, as a folder of this checkout or as a package of its own. */
export const run = async (args: readonly string[]): Promise<void> => {
  const { name, folder, isPackage, given } = readArguments(args);
  const taken = (await loadInstalledPlugins()).map(({ plugin }) => plugin.name);
  const terminal = process.stdin.isTTY ? openTerminal(process.stdin, process.stdout) : undefined;
  let plugin: NewPlugin;
  try {
    plugin = await answers(name, given, taken, terminal);
  } finally {
    terminal?.close();
  }
  const to = isPackage ? resolve(folder ?? `../${packageName(plugin.name)}`) : join(ROOT, "plugins", plugin.name);
  const files = isPackage ? packageFiles(plugin, await versions()) : folderFiles(plugin);
  await write(to, files);
  for (const file of Object.keys(files)) console.log(`Wrote ${relative("", join(to, file))}`);
  for (const line of isPackage ? afterPackage(plugin, relative("", to)) : afterFolder(plugin)) console.log(line);
};

const readArguments = (args: readonly string[]) => {
  const text = { type: "string" } as const;
  const options = {
    description: text,
    author: text,
    licence: text,
    license: text,
    parts: text,
    folder: text,
    package: { type: "boolean" },
  } as const;
  const { values, positionals } = parseCommand(args, options, USAGE);
  const [action, name, ...more] = positionals;
  if (action !== "new" || more.length > 0) throw new UserError([USAGE]);
  const { folder, package: isPackage = false, license, ...others } = values;
  if (folder !== undefined && !isPackage)
    throw new UserError([
      "--folder PATH goes with --package: a plugin of this checkout stands in plugins/NAME.",
      USAGE,
    ]);
  if (license !== undefined && others.licence !== undefined)
    throw new UserError(["--licence and --license are the same: give one of them.", USAGE]);
  const given: Given = { ...others, ...(license !== undefined && { licence: license }) };
  return { name, folder, isPackage, given };
};

/** Writes the files of a folder that is not there yet, or is empty. */
const write = async (to: string, files: Files): Promise<void> => {
  const place = relative("", to) || ".";
  try {
    const there = await readdir(to).catch((error) => (error.code === "ENOENT" ? [] : Promise.reject(error)));
    if (there.length > 0)
      throw new UserError([
        `${place} is there already, and is not empty: nothing was written. Choose another name or folder, or remove it.`,
      ]);
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(to, file)), { recursive: true });
      await writeFile(join(to, file), text, { flag: "wx" });
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError([`${place} can't be written: ${error instanceof Error ? error.message : String(error)}.`]);
  }
};

/** What the checkout itself is made with. */
const versions = async (): Promise<Versions> => {
  const read = async (file: string) => JSON.parse(await readFile(join(ROOT, file), "utf8"));
  const [kit, { dependencies, devDependencies }] = await Promise.all([read("kit/package.json"), read("package.json")]);
  return {
    kit: kit.version,
    types: devDependencies["@types/node"],
    typescript: devDependencies.typescript,
    zod: dependencies.zod,
  };
};

const afterFolder = (plugin: NewPlugin): readonly string[] => [
  "Next, in kintoun.config.ts:",
  ...configLines(plugin, folderImport(plugin)).map((line) => `  ${line}`),
  `Try:  npm test -- plugins/${plugin.name}`,
  "      npm start",
];

const afterPackage = (plugin: NewPlugin, folder: string): readonly string[] => [
  `Try:  cd ${folder} && npm install && npm run types && npm test`,
  "      (until @kintoun/kit is published: npm run -s kintoun -- kit pack, and npm install --save-dev the file that it names)",
  `Pack: cd ${folder} && npm pack`,
  `Use:  npm install ${join(folder, `${packageName(plugin.name)}-0.1.0.tgz`)}, and in kintoun.config.ts:`,
  ...configLines(plugin, packageName(plugin.name)).map((line) => `  ${line}`),
];
