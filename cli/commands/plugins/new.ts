import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, extname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { loadInstalledPlugins } from "../../../config/load-config.ts";
import { UserError } from "../../../config/user-error.ts";
import { configLines } from "../../plugin-template/documents.ts";
import { folderFiles, folderImport, type Host, testCommand } from "../../plugin-template/folder.ts";
import { packageFiles } from "../../plugin-template/package.ts";
import { type Files, type NewPlugin, packageName, type Versions } from "../../plugin-template/plugin.ts";
import { openTerminal } from "../../terminal.ts";
import { askForPlugin, type PluginAnswers } from "./ask.ts";

/** The folder of the checkout, or of the package in a project. */
const ROOT = resolve(import.meta.dirname, "../../..");
/** Compiled sources are those of the package. */
const HOST: Host = extname(import.meta.filename) === ".ts" ? "checkout" : "project";

interface NewOptions extends PluginAnswers {
  readonly package?: boolean;
  readonly folder?: string;
}

/** Runs `kintoun plugins new`. */
export const runNew = async (name: string | undefined, options: NewOptions): Promise<void> => {
  const { package: isPackage = false, folder, ...answers } = options;
  if (folder !== undefined && !isPackage)
    throw new UserError(["--folder needs --package. Plugins of this folder are always in plugins/NAME."]);
  const taken = (await loadInstalledPlugins()).map(({ plugin }) => plugin.name);
  const terminal = process.stdin.isTTY ? openTerminal(process.stdin, process.stdout) : undefined;
  let plugin: NewPlugin;
  try {
    plugin = await askForPlugin(name, answers, taken, terminal);
  } finally {
    terminal?.close();
  }
  const to = isPackage ? resolve(folder ?? `../${packageName(plugin.name)}`) : resolve("plugins", plugin.name);
  const files = isPackage ? packageFiles(plugin, await readVersions()) : folderFiles(plugin, HOST);
  await writeFiles(to, files);
  if (HOST === "checkout") await formatFiles(to);
  for (const file of Object.keys(files)) console.log(`Wrote ${relative("", join(to, file))}`);
  for (const line of isPackage ? packageSteps(plugin, relative("", to)) : folderSteps(plugin)) console.log(line);
};

/** Writes files to a folder that does not exist or is empty. */
const writeFiles = async (to: string, files: Files): Promise<void> => {
  const folder = relative("", to) || ".";
  try {
    const existing = await readdir(to).catch((error) => (error.code === "ENOENT" ? [] : Promise.reject(error)));
    if (existing.length > 0)
      throw new UserError([
        `The folder ${folder} is not empty, so nothing was written. Choose another name or folder, or remove it.`,
      ]);
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(to, file)), { recursive: true });
      await writeFile(join(to, file), text, { flag: "wx" });
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError([`${folder} cannot be written: ${error instanceof Error ? error.message : String(error)}.`]);
  }
};

/** Formats files as this checkout does: how long their lines are depends on the plugin's name. */
const formatFiles = async (folder: string): Promise<void> => {
  const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
  const args = [biome, "format", "--write", "--vcs-enabled=false", folder];
  try {
    await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  } catch (error) {
    console.error(`The files are not formatted: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** The versions that this checkout or project uses itself. */
const readVersions = async (): Promise<Versions> => {
  const read = async (folder: string) => JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const [{ version, dependencies }, { devDependencies = {} }] = await Promise.all([read(ROOT), read(".")]);
  return {
    kit: version,
    types: devDependencies["@types/node"] ?? "latest",
    typescript: devDependencies.typescript ?? "latest",
    zod: dependencies.zod ?? "latest",
  };
};

const folderSteps = (plugin: NewPlugin): readonly string[] => [
  "Next, in kintoun.config.ts:",
  ...configLines(plugin, folderImport(plugin)).map((line) => `  ${line}`),
  `Try:  ${testCommand(plugin, HOST)}`,
  "      npm start",
];

const packageSteps = (plugin: NewPlugin, folder: string): readonly string[] => [
  `Try:  cd ${folder} && npm install && npm run types && npm test`,
  ...(HOST === "checkout"
    ? [
        "      (until @kintoun/kit is published: npm run -s build:packages, then npm install --save-dev with the printed files)",
      ]
    : []),
  `Pack: cd ${folder} && npm pack`,
  `Use:  npm install ${join(folder, `${packageName(plugin.name)}-${plugin.version}.tgz`)}, then in kintoun.config.ts:`,
  ...configLines(plugin, packageName(plugin.name)).map((line) => `  ${line}`),
];
