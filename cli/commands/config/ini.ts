import { dirname } from "node:path";
import { UserError } from "../../../config/user-error.ts";
import { type AddFinding, isSecuritySetting } from "./findings.ts";

/** Values by key, by section. Keys keep their case, as in ini files of Paste. */
export type Ini = ReadonlyMap<string, ReadonlyMap<string, string>>;

const DEFAULT_SECTION = "DEFAULT";
/** The section of Kinto's settings. */
const KINTO_SECTION = "app:main";

/** A syntax error in an ini file. */
export class IniError extends Error {
  override readonly name = "IniError";
}

/**
 * Parses an ini file like Python's `configparser`: `key = value` or `key: value`; a line that is indented deeper
 * continues the value; lines that start with `#` or `;` are comments. Keeps `%(…)s`, see {@link interpolate}. Throws an
 * {@link IniError}.
 */
export const parseIni = (text: string): Ini => {
  const sections = new Map<string, Map<string, string[]>>();
  let section: Map<string, string[]> | undefined;
  let value: string[] | undefined;
  let indent = 0;
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const lineError = (issue: string) => new IniError(`line ${index + 1} ${issue}`);
    const content = line.trim();
    if (content.startsWith("#") || content.startsWith(";")) continue;
    if (content === "") {
      value?.push("");
      continue;
    }
    const depth = line.length - line.trimStart().length;
    if (value !== undefined && depth > indent) {
      value.push(content);
      continue;
    }
    indent = depth;
    if (content.startsWith("[") && content.lastIndexOf("]") > 1) {
      const name = content.slice(1, content.lastIndexOf("]"));
      if (sections.has(name) && name !== DEFAULT_SECTION) throw lineError(`repeats the section [${name}]`);
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      value = undefined;
      continue;
    }
    if (section === undefined) throw lineError("is before the first [section]");
    const end = content.search(/[=:]/);
    const key = content.slice(0, Math.max(end, 0)).trim();
    if (key === "") throw lineError("is neither a [section] nor 'key = value'");
    if (section.has(key)) throw lineError(`repeats the key ${key}`);
    value = [content.slice(end + 1).trim()];
    section.set(key, value);
  }
  return new Map(
    [...sections].map(([name, keys]) => [
      name,
      new Map([...keys].map(([key, lines]) => [key, lines.join("\n").trimEnd()])),
    ]),
  );
};

/** Limits of {@link interpolate}. */
const MAX_DEPTH = 10;
const MAX_LENGTH = 100_000;

/**
 * Replaces `%(name)s` by values and `%%` by a percent sign.
 *
 * @param names the values by name. Throws an {@link IniError}.
 */
const interpolate = (text: string, names: ReadonlyMap<string, string>): string => {
  let remaining = MAX_LENGTH;
  const replace = (part: string, depth: number): string =>
    part.replace(/%(?:%|\(([^()]*)\)s|)/g, (found, name?: string) => {
      if (found === "%%") return "%";
      if (name === undefined) throw new IniError("has a single %; write %% for a percent sign");
      const value = names.get(name);
      if (value === undefined) throw new IniError("has a %(…)s that names an unknown key");
      remaining -= value.length + 1;
      if (depth >= MAX_DEPTH || remaining < 0) throw new IniError("has a %(…)s that is nested too deep or too long");
      return replace(value, depth + 1);
    });
  return replace(text, 1);
};

/** Reads the settings that Paste passes to Kinto, with interpolated values. Adds findings about the other keys. */
export const readKintoSettings = (ini: Ini, file: string, add: AddFinding): ReadonlyMap<string, string> => {
  const section = ini.get(KINTO_SECTION);
  if (section === undefined) {
    const sections = [...ini.keys()].map((name) => `[${name}]`).join(", ") || "none";
    throw new UserError([
      `${file} has no section [${KINTO_SECTION}], which holds Kinto's settings. Its sections are: ${sections}.`,
    ]);
  }
  const defaults = new Map([["here", dirname(file)], ["__file__", file], ...(ini.get(DEFAULT_SECTION) ?? [])]);
  const names = new Map([...defaults, ...section]);
  const settings = new Map<string, string>();
  for (const key of ini.get(DEFAULT_SECTION)?.keys() ?? [])
    if (!section.has(key) && /^(kinto|multiauth)\./.test(key))
      add("info", key, `has no effect in Kinto either: it is only in [${DEFAULT_SECTION}]`);
  for (const [key, text] of section) {
    const [, verb, name = ""] = /^(get|set) (.+)$/.exec(key) ?? [];
    if (key === "use") {
      if (!/^egg:kinto(#main)?$/.test(text))
        add("action", "use", "is not followed: settings in other files are not read");
    } else if (verb === "set" || defaults.has(key)) {
      const owner = verb === "set" ? "itself" : `[${DEFAULT_SECTION}]`;
      add("info", key, `has no effect in Kinto either: Paste keeps it for ${owner}`);
    } else {
      try {
        const source = verb === "get" ? defaults.get(interpolate(text, names)) : text;
        if (source === undefined) throw new IniError(`names a key that is not in [${DEFAULT_SECTION}]`);
        settings.set(verb === "get" ? name.trim() : key, interpolate(source, names));
      } catch (error) {
        if (!(error instanceof IniError)) throw error;
        add("lost", key, `is left out: its value ${error.message}`, { isSecurity: isSecuritySetting(key) });
      }
    }
  }
  return settings;
};

/** Adds a finding about each section other than that of Kinto's settings. */
export const explainSections = (ini: Ini, add: AddFinding): void => {
  for (const name of ini.keys()) {
    if (name === KINTO_SECTION || name === DEFAULT_SECTION) continue;
    if (/^(server:|uwsgi$)/.test(name))
      add("info", `[${name}]`, "is not applicable: Lambda and API Gateway serve requests");
    else if (/^(loggers|handlers|formatters|logger_.*|handler_.*|formatter_.*)$/.test(name))
      add("info", `[${name}]`, "is not applicable: the functions write JSON lines to CloudWatch");
    else add("info", `[${name}]`, `is not read: Kinto's settings are in [${KINTO_SECTION}]`);
  }
};
