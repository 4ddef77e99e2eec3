import { dirname } from "node:path";
import { UserError } from "../config/problem.ts";
import { DEFAULT, type Ini, IniFlaw, interpolate } from "./config-import-ini.ts";

/** The section that Kinto's settings stand in. */
const MAIN = "app:main";

/** What Paste hands to Kinto: the section's own keys, values filled in; and a line for each key that it does not hand over. */
export const appSettings = (
  ini: Ini,
  file: string,
): { readonly settings: ReadonlyMap<string, string>; readonly told: readonly string[] } => {
  const section = ini.get(MAIN);
  if (section === undefined)
    throw new UserError([
      `${file} has no section [${MAIN}], where Kinto's settings stand. There are: ${sectionsOf(ini) || "none"}.`,
    ]);
  const defaults = new Map([["here", dirname(file)], ["__file__", file], ...(ini.get(DEFAULT) ?? [])]);
  const names = new Map([...defaults, ...section]);
  const settings = new Map<string, string>();
  const told: string[] = [];
  for (const key of ini.get(DEFAULT)?.keys() ?? [])
    if (!section.has(key) && /^(kinto|multiauth)\./.test(key))
      told.push(`${key} has no effect in Kinto either: it stands in [${DEFAULT}] alone.`);
  for (const [key, text] of section) {
    const [, verb, rest = ""] = /^(get|set) (.+)$/.exec(key) ?? [];
    if (key === "use") {
      if (!/^egg:kinto(#main)?$/.test(text))
        told.push("use is not followed: settings that stand elsewhere are not read.");
    } else if (verb === "set" || defaults.has(key))
      told.push(
        `${key} has no effect in Kinto either: Paste keeps it for ${verb === "set" ? "itself" : `[${DEFAULT}]`}.`,
      );
    else {
      try {
        const source = verb === "get" ? defaults.get(interpolate(text, names)) : text;
        if (source === undefined) throw new IniFlaw(`names a key that [${DEFAULT}] does not have`);
        settings.set(verb === "get" ? rest.trim() : key, interpolate(source, names));
      } catch (error) {
        if (!(error instanceof IniFlaw)) throw error;
        told.push(`${key} is left out: its value ${error.message}.`);
      }
    }
  }
  return { settings, told };
};

const sectionsOf = (ini: Ini): string => [...ini.keys()].map((name) => `[${name}]`).join(", ");

/** A line for each section besides that of Kinto's settings. */
export const aboutSections = (ini: Ini): string[] =>
  [...ini.keys()]
    .filter((name) => name !== MAIN && name !== DEFAULT)
    .map((name) => {
      if (/^(server:|uwsgi$)/.test(name)) return `[${name}] is not applicable: Lambda and API Gateway serve.`;
      if (/^(loggers|handlers|formatters|logger_.*|handler_.*|formatter_.*)$/.test(name))
        return `[${name}] is not applicable: the functions log lines of JSON to CloudWatch.`;
      return `[${name}] is not read: Kinto's settings stand in [${MAIN}].`;
    });
