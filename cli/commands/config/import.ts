import { readFile, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "../../../config/user-error.ts";
import { collectFindings, type Finding, formatFindings, losesSecurity } from "./findings.ts";
import { explainSections, IniError, parseIni, readKintoSettings } from "./ini.ts";
import { type Translation, toFolderName, translate } from "./translate.ts";

const MAX_INI_BYTES = 1_000_000;

/** Exit code when authentication or permissions would change their meaning. */
const SECURITY_EXIT_CODE = 2;

interface ImportOptions {
  readonly output?: string;
  readonly force?: boolean;
  /** Writes the config although authentication or permissions change their meaning. */
  readonly acceptLosses?: boolean;
}

/** Runs `kintoun config import`. */
export const runImport = async (
  input: string,
  { output, force = false, acceptLosses = false }: ImportOptions,
): Promise<void> => {
  if (force && output === undefined) throw new UserError(["--force needs --output. Add --output FILE."]);
  const file = resolve(input);
  const { config, findings } = importIni(await readText(file), file);
  const isRefused = losesSecurity(findings) && !acceptLosses;
  if (!isRefused) {
    if (output === undefined) process.stdout.write(config);
    else await writeConfig(resolve(output), config, force);
  }
  for (const line of formatFindings(findings)) console.error(line);
  if (!isRefused) return;
  console.error(
    "Nothing was written, because authentication or permissions would change: see the lines with [security]. If you accept that, repeat the command with --accept-losses.",
  );
  process.exitCode = SECURITY_EXIT_CODE;
};

/**
 * Converts an ini file.
 *
 * @param file path of the file, for messages and `%(here)s`
 * @returns the config's source, and a finding for everything that is not in it as it was
 */
export const importIni = (
  text: string,
  file: string,
): { readonly config: string; readonly findings: readonly Finding[] } => {
  try {
    const ini = parseIni(text);
    const { findings, add } = collectFindings();
    const translation = translate(readKintoSettings(ini, file, add), add);
    explainSections(ini, add);
    return { config: renderConfig(translation), findings };
  } catch (error) {
    if (error instanceof IniError) throw new UserError([`${file} is not a valid ini file: ${error.message}.`]);
    throw error;
  }
};

/** The source of a `kintoun.config.ts`. */
const renderConfig = ({ settings, plugins }: Translation): string =>
  `${[
    'import { defineConfig } from "@kintoun/kit";',
    ...[...new Set(plugins.map(({ call }) => call))]
      .toSorted()
      .map((call) => `import { ${call} } from "./plugins/${toFolderName(call)}/index.ts";`),
    "",
    "export default defineConfig({",
    "  settings: {",
    ...Object.entries(settings).map(([name, value]) => `    ${name}: ${renderValue(value)},`),
    "  },",
    plugins.length === 0 ? "  plugins: []," : "  plugins: [",
    ...plugins.map(({ call, options }) => `    ${call}(${options === undefined ? "" : renderValue(options)}),`),
    ...(plugins.length === 0 ? [] : ["  ],"]),
    "});",
  ].join("\n")}\n`;

/** The source of a value, on one line. */
const renderValue = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(renderValue).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, entry]) => `${/^[a-zA-Z_]\w*$/.test(key) ? key : JSON.stringify(key)}: ${renderValue(entry)}`)
    .join(", ")} }`;
};

const readText = async (file: string): Promise<string> => {
  let bytes: Buffer;
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new UserError([`${file} is not a file. Name an ini file.`]);
    if (found.size > MAX_INI_BYTES)
      throw new UserError([`${file} is larger than ${MAX_INI_BYTES} bytes. Name an ini file.`]);
    bytes = await readFile(file);
  } catch (error) {
    throw error instanceof UserError ? error : new UserError([`${file} cannot be read: ${describeError(error)}.`]);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UserError([`${file} is not UTF-8 text. Convert it to UTF-8.`]);
  }
};

const writeConfig = async (file: string, config: string, force: boolean): Promise<void> => {
  try {
    await writeFile(file, config, { flag: force ? "w" : "wx" });
  } catch (error) {
    if (errorCode(error) === "EEXIST") throw new UserError([`${file} already exists. Overwrite it with --force.`]);
    throw new UserError([`${file} cannot be written: ${describeError(error)}.`]);
  }
};

const errorCode = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

const ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "the file or its folder does not exist",
  ENOTDIR: "its folder does not exist",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
};
const describeError = (error: unknown): string => ERRORS[String(errorCode(error))] ?? String(errorCode(error) ?? error);
