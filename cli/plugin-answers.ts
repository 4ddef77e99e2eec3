import { UserError } from "../config/problem.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { PART_NAMES, PARTS, type PartName } from "./plugin-template/parts.ts";
import { identifierOf, type NewPlugin } from "./plugin-template/plugin.ts";
import type { Terminal } from "./terminal.ts";

/** What was said by flags. */
export type Given = { readonly [Key in "description" | "author" | "licence" | "parts"]?: string };

/** The plugin that is wanted: what the flags do not say is asked, where somebody is there to answer, and the usual elsewhere. @param taken names that other plugins have */
export const answers = async (
  name: string | undefined,
  given: Given,
  taken: readonly string[],
  terminal: Terminal | undefined,
): Promise<NewPlugin> => {
  const answer = async <Value>(
    said: string | undefined,
    question: string,
    otherwise: string,
    read: (text: string) => Value,
  ): Promise<Value> => {
    if (said !== undefined || terminal === undefined) return read(said ?? otherwise);
    for (;;) {
      const text = (await terminal.ask(question, otherwise)).trim();
      try {
        return read(text === "" ? otherwise : text);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        for (const line of error.lines) terminal.tell(line);
      }
    }
  };
  const known = await answer(name, "Name", "", (text) => readName(text, taken));
  return {
    name: known,
    identifier: identifierOf(known),
    description: await answer(given.description, "Description, one sentence", `What ${known} does.`, readDescription),
    author: await answer(given.author, "Author, such as Ada Lovelace <ada@example.org>", "", readAuthor),
    licence: await answer(given.licence, "Licence, by its SPDX name", "Apache-2.0", readLicence),
    parts: await answer(
      given.parts,
      `Parts\n${PART_NAMES.map((part) => `  ${part.padEnd(15)} ${PARTS[part].about}`).join("\n")}\nwanted`,
      "listener",
      readParts,
    ),
  };
};

const readName = (text: string, taken: readonly string[]): string => {
  if (text === "") throw new UserError(["A plugin needs a name: kintoun plugin new NAME."]);
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(text))
    throw new UserError([
      `'${text}' can't name a plugin; at most 31 lower-case letters, digits and dashes can, the first of them a letter.`,
    ]);
  if (taken.includes(text))
    throw new UserError([`kintoun.config.ts has a plugin '${text}' already: give this one another name.`]);
  return text;
};

const readLine = (text: string, what: string): string => {
  if (text.length > 200 || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text))
    throw new UserError([`The ${what} is one line of at most 200 characters.`]);
  return text.trim();
};

const readDescription = (text: string): string => {
  const description = readLine(text, "description");
  if (description === "") throw new UserError(["The description is a sentence, not nothing."]);
  return description;
};

const readAuthor = (text: string): string | undefined => readLine(text, "author") || undefined;

const readLicence = (text: string): string => {
  if (!/^\(?[\w.+-]{1,60}(?: (?:AND|OR|WITH) [\w.+-]{1,60}){0,5}\)?$/.test(text))
    throw new UserError([
      `'${text}' is no licence that npm knows: give its SPDX name (https://spdx.org/licenses/), such as MIT, or UNLICENSED.`,
    ]);
  return text;
};

const readParts = (text: string): readonly PartName[] => {
  const names = text.split(",").map((name) => name.trim());
  for (const name of names)
    if (!isPart(name)) throw new UserError([`There is no part '${name}'. ${didYouMean(name, PART_NAMES)}`]);
  return PART_NAMES.filter((part) => names.includes(part));
};

const isPart = (name: string): name is PartName => Object.hasOwn(PARTS, name);
