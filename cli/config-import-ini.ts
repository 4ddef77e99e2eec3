/** Values by key, by section; keys keep their case, as in the ini files of Paste. */
export type Ini = ReadonlyMap<string, ReadonlyMap<string, string>>;

export const DEFAULT = "DEFAULT";

/** What makes a text no ini file. */
export class IniFlaw extends Error {
  override readonly name = "IniFlaw";
}

/**
 * Reads an ini file as Python's `configparser` does: `key = value` or `key: value`, lines that are indented deeper go on with the value, lines that begin
 * with `#` or `;` are comments. `%(…)s` stays as it is: see {@link interpolate}. Throws an {@link IniFlaw}.
 */
export const readIni = (text: string): Ini => {
  const sections = new Map<string, Map<string, string[]>>();
  let section: Map<string, string[]> | undefined;
  let value: string[] | undefined;
  let indent = 0;
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const flaw = (what: string) => new IniFlaw(`line ${index + 1} ${what}`);
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
      if (sections.has(name) && name !== DEFAULT) throw flaw(`begins the section [${name}] a second time`);
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      value = undefined;
      continue;
    }
    if (section === undefined) throw flaw("stands before the first [section]");
    const end = content.search(/[=:]/);
    const key = content.slice(0, Math.max(end, 0)).trim();
    if (key === "") throw flaw("is neither a [section] nor 'key = value'");
    if (section.has(key)) throw flaw(`gives ${key} a second time`);
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

/** Levels of names within names, and characters in all, that {@link interpolate} follows. */
const LEVELS = 10;
const LENGTH = 100_000;

/** Puts values for `%(name)s`, and a percent sign for `%%`. @param names what may be named. Throws an {@link IniFlaw}. */
export const interpolate = (text: string, names: ReadonlyMap<string, string>): string => {
  let left = LENGTH;
  const fill = (part: string, level: number): string =>
    part.replace(/%(?:%|\(([^()]*)\)s|)/g, (found, name?: string) => {
      if (found === "%%") return "%";
      if (name === undefined) throw new IniFlaw("has a lone %: a percent sign is written %%");
      const named = names.get(name);
      if (named === undefined) throw new IniFlaw("names something in %(…)s that is not there");
      left -= named.length + 1;
      if (level >= LEVELS || left < 0) throw new IniFlaw("names something in %(…)s that leads on too far");
      return fill(named, level + 1);
    });
  return fill(text, 1);
};
