import { UserError } from "../../../config/user-error.ts";
import { didYouMean } from "../../../lib/util/nearest.ts";
import { PART_NAMES, PARTS, type PartName } from "../../plugin-template/parts.ts";
import { identifierOf, type NewPlugin } from "../../plugin-template/plugin.ts";
import type { Terminal } from "../../terminal.ts";

/** Answers that the command's options give. */
export interface PluginAnswers {
  readonly description?: string;
  readonly version?: string;
  readonly author?: string;
  readonly homepage?: string;
  readonly license?: string;
  readonly parts?: string;
}

/**
 * Collects what a new plugin needs. Asks for missing answers on a terminal; without one, uses the defaults.
 * @param taken names of the installed plugins
 */
export const askForPlugin = async (
  givenName: string | undefined,
  answers: PluginAnswers,
  taken: readonly string[],
  terminal: Terminal | undefined,
): Promise<NewPlugin> => {
  const ask = async <Value>(
    given: string | undefined,
    question: string,
    defaultAnswer: string,
    parse: (text: string) => Value,
  ): Promise<Value> => {
    if (given !== undefined || terminal === undefined) return parse(given ?? defaultAnswer);
    for (;;) {
      const text = (await terminal.ask(question, defaultAnswer)).trim();
      try {
        return parse(text === "" ? defaultAnswer : text);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        for (const line of error.lines) terminal.print(line);
      }
    }
  };
  const name = await ask(givenName, "Name", "", (text) => parseName(text, taken));
  const partList = PART_NAMES.map((part) => `  ${part.padEnd(15)} ${PARTS[part].about}`).join("\n");
  return {
    name,
    identifier: identifierOf(name),
    description: await ask(answers.description, "Description, one sentence", `What ${name} does.`, parseDescription),
    version: await ask(answers.version, "Version", "0.1.0", parseVersion),
    author: await ask(answers.author, "Author, for example Ada Lovelace <ada@example.org>", "", parseAuthor),
    homepage: await ask(answers.homepage, "Homepage, for example https://example.org/notes", "", parseHomepage),
    license: await ask(answers.license, "License (SPDX name)", "Apache-2.0", parseLicense),
    parts: await ask(answers.parts, `Parts\n${partList}\nParts to create`, "listener", parseParts),
  };
};

const parseName = (text: string, taken: readonly string[]): string => {
  if (text === "") throw new UserError(["The plugin needs a name: kintoun plugins new NAME."]);
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(text))
    throw new UserError([
      `'${text}' is not a valid plugin name. Use at most 31 lower-case letters, digits and dashes, starting with a letter.`,
    ]);
  if (taken.includes(text))
    throw new UserError([`kintoun.config.ts already has a plugin '${text}'. Choose another name.`]);
  return text;
};

const parseLine = (text: string, label: string): string => {
  if (text.length > 200 || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text))
    throw new UserError([`The ${label} must be one line of at most 200 characters.`]);
  return text.trim();
};

const parseDescription = (text: string): string => {
  const description = parseLine(text, "description");
  if (description === "") throw new UserError(["The description is empty. Describe the plugin in one sentence."]);
  return description;
};

const NUMBER = "(?:0|[1-9]\\d{0,8})";
const PRERELEASE_TAG = `(?:${NUMBER}|\\d*[a-z-][\\da-z-]*)`;
/** Semantic Versioning without build metadata, which npm drops. */
const VERSION_PATTERN = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${PRERELEASE_TAG}(?:\\.${PRERELEASE_TAG})*)?$`,
  "i",
);
const MAX_VERSION_CHARACTERS = 64;

const parseVersion = (text: string): string => {
  if (text.length > MAX_VERSION_CHARACTERS || !VERSION_PATTERN.test(text))
    throw new UserError([
      `'${parseLine(text, "version")}' is not a version of Semantic Versioning (https://semver.org). Use one such as 0.1.0 or 1.0.0-beta.1.`,
    ]);
  return text;
};

const parseHomepage = (text: string): string | undefined => {
  const homepage = parseLine(text, "homepage");
  if (homepage === "") return undefined;
  if (!/^https?:\/\/\S+$/i.test(homepage) || !URL.canParse(homepage))
    throw new UserError([
      `The homepage '${homepage}' is not a URL. Use one such as https://example.org/notes, or none.`,
    ]);
  return homepage;
};

const parseAuthor = (text: string): string | undefined => parseLine(text, "author") || undefined;

const parseLicense = (text: string): string => {
  if (!/^\(?[\w.+-]{1,60}(?: (?:AND|OR|WITH) [\w.+-]{1,60}){0,5}\)?$/.test(text))
    throw new UserError([
      `'${text}' is not an SPDX license name (https://spdx.org/licenses/). Use one such as MIT, or UNLICENSED.`,
    ]);
  return text;
};

const parseParts = (text: string): readonly PartName[] => {
  const names = text.split(",").map((name) => name.trim());
  for (const name of names)
    if (!isPart(name)) throw new UserError([`There is no part '${name}'. ${didYouMean(name, PART_NAMES)}`]);
  return PART_NAMES.filter((part) => names.includes(part));
};

const isPart = (name: string): name is PartName => Object.hasOwn(PARTS, name);
