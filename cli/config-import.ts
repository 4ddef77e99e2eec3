import { readFile, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../config/problem.ts";
import { aboutSections, appSettings } from "./config-import-app.ts";
import { IniFlaw, readIni } from "./config-import-ini.ts";
import { renderConfig } from "./config-import-render.ts";
import { translate } from "./config-import-translate.ts";

const USAGE = "npm run -s kintoun -- config import KINTO.INI [--output FILE [--force]]";
/** Bytes of an ini file at most. */
const SIZE = 1_000_000;

/** `kintoun config import`: makes a `kintoun.config.ts` of a Kinto's ini file, and tells on stderr what could not be translated. */
export const run = async (args: readonly string[]): Promise<void> => {
  const { file, output, force } = readArguments(args);
  const { config, told } = importIni(await readText(file), file);
  if (output === undefined) process.stdout.write(config);
  else await write(output, config, force);
  for (const line of told) console.error(line);
};

/** @param file where the text is from. @returns the config's source, and a line for each part of the ini file that is not in it */
export const importIni = (
  text: string,
  file: string,
): { readonly config: string; readonly told: readonly string[] } => {
  try {
    const ini = readIni(text);
    const { settings, told } = appSettings(ini, file);
    const translation = translate(settings);
    return { config: renderConfig(translation), told: [...told, ...translation.told, ...aboutSections(ini)] };
  } catch (error) {
    if (error instanceof IniFlaw) throw new UserError([`${file} can't be read as an ini file: ${error.message}.`]);
    throw error;
  }
};

const readText = async (file: string): Promise<string> => {
  let bytes: Buffer;
  try {
    const found = await stat(file);
    if (!found.isFile())
      throw new UserError([`${file} is ${found.isDirectory() ? "a folder" : "no file"}: an ini file is asked for.`]);
    if (found.size > SIZE)
      throw new UserError([`${file} is too large for an ini file: it has more than ${SIZE} bytes.`]);
    bytes = await readFile(file);
  } catch (error) {
    throw error instanceof UserError ? error : new UserError([`${file} can't be read: ${reason(error)}.`]);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UserError([`${file} can't be read as an ini file: it is no text in UTF-8.`]);
  }
};

const write = async (file: string, config: string, force: boolean): Promise<void> => {
  try {
    await writeFile(file, config, { flag: force ? "w" : "wx" });
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw new UserError([`${file} is there already: --force writes over it.`]);
    throw new UserError([`${file} can't be written: ${reason(error)}.`]);
  }
};

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "there is no such folder",
  EISDIR: "it is a folder",
  EACCES: "it may not be touched",
};
const reason = (error: unknown): string => REASONS[String(codeOf(error))] ?? String(codeOf(error) ?? error);

const readArguments = (args: readonly string[]) => {
  const { values, positionals } = parsed(args);
  const [action, file, ...more] = positionals;
  if (action !== "import" || file === undefined || more.length > 0) throw new UserError([USAGE]);
  if (values.force && values.output === undefined) throw new UserError(["--force goes with --output FILE.", USAGE]);
  return {
    file: resolve(file),
    output: values.output === undefined ? undefined : resolve(values.output),
    force: values.force ?? false,
  };
};

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { output: { type: "string" }, force: { type: "boolean" } },
    });
  } catch (error) {
    throw new UserError([error instanceof Error ? error.message : String(error), USAGE]);
  }
};
