import { foldWord } from "./analysis/fold-word.ts";
import { searchIssue } from "./read-body.ts";

/** Lucene's limit of a regular expression (`index.max_regex_length`). */
const MAX_PATTERN_UNITS = 1000;
/** Maximum of a repetition such as `{1,100}`, and of the product of those within each other, as in RE2. */
const MAX_REPEATS = 1000;
const MAX_GROUP_DEPTH = 20;

/** How characters of a pattern are compared: with whole strings, or with folded words. */
interface PatternTarget {
  readonly words: boolean;
  readonly ignoreCase: boolean;
}

/** Escapes characters that mean something in RE2 or in Lucene's expressions. */
export const escapePattern = (text: string): string => text.replace(/[-.?+*|(){}[\]\\"~&<>@#^$/]/g, "\\$&");

/**
 * Folds text of a pattern like the words that it is compared with. Upper case stays, unless case is ignored: as in
 * OpenSearch, it matches no word.
 */
const foldText = (text: string, { words, ignoreCase }: PatternTarget): string => {
  if (!words || text === "") return text;
  return !ignoreCase && text !== text.toLowerCase() ? text : foldWord(text);
};

/** The source of a wildcard pattern: `*` stands for any characters, `?` for one, `\` escapes. */
export const wildcardSource = (pattern: string, target: PatternTarget): string => {
  if (pattern.length > MAX_PATTERN_UNITS) throw new PatternError(`must have at most ${MAX_PATTERN_UNITS} characters`);
  return pattern.replace(/\\(.)|(\*+)|(\?)|([^\\*?]+|\\$)/gsu, (_, escaped, stars, mark, text) => {
    if (stars !== undefined) return ".*";
    return mark === undefined ? escapePattern(foldText(escaped ?? text, target)) : ".";
  });
};

/** What is wrong with a pattern. */
class PatternError extends Error {}

const CLASSES: Readonly<Record<string, string>> = {
  d: "[0-9]",
  D: "[^0-9]",
  w: "[0-9A-Z_a-z]",
  W: "[^0-9A-Z_a-z]",
  s: "[ \\t\\n\\r]",
  S: "[^ \\t\\n\\r]",
};
const UNSUPPORTED = "~&<#";

/**
 * The source of a Lucene regular expression over a whole word or string, without the operators `~`, `&`, `<1-9>` and `#`.
 * It matches in linear time. Throws a {@link PatternError}.
 */
export const regexpSource = (pattern: string, target: PatternTarget): string => {
  if (pattern.length > MAX_PATTERN_UNITS) throw new PatternError(`must have at most ${MAX_PATTERN_UNITS} characters`);
  const repeats = new RepeatCounter();
  let source = "";
  let at = 0;
  while (at < pattern.length) {
    const char = String.fromCodePoint(pattern.codePointAt(at) as number);
    if (UNSUPPORTED.includes(char))
      throw new PatternError(`has the operator ${char}, which is not supported. Write \\${char} for the character`);
    const [part, end] = readPart(pattern, at, char, at + char.length, target);
    repeats.add(part);
    source += part;
    at = end;
  }
  checkSyntax(source);
  return source;
};

/** Checks how deep groups are, and how often their content is repeated. */
class RepeatCounter {
  /** For each open group, the greatest number of repetitions in it. */
  readonly #groups = [1];
  #last = 1;

  add(part: string): void {
    if (part === "(") {
      if (this.#groups.push(1) > MAX_GROUP_DEPTH)
        throw new PatternError(`has more than ${MAX_GROUP_DEPTH} groups in one`);
      this.#last = 1;
    } else if (part === ")") {
      this.#last = this.#groups.pop() ?? 1;
      if (this.#groups.length === 0) throw new PatternError("has a ) without (. Write \\) for the character");
    } else if (part.startsWith("{")) {
      this.#last *= Math.max(1, ...part.slice(1, -1).split(",").map(Number));
      if (this.#last > MAX_REPEATS) throw new PatternError(`repeats something more than ${MAX_REPEATS} times`);
    } else {
      this.#last = 1;
    }
    this.#groups.push(Math.max(this.#groups.pop() ?? 1, this.#last));
  }
}

/** Translates what begins at a position. Returns where it ends. */
const readPart = (
  pattern: string,
  at: number,
  char: string,
  after: number,
  target: PatternTarget,
): readonly [source: string, end: number] => {
  const literal = (text: string, end: number) => [escapePattern(foldText(text, target)), end] as const;
  switch (char) {
    case "\\": {
      if (after === pattern.length) throw new PatternError("ends with a \\");
      const escaped = String.fromCodePoint(pattern.codePointAt(after) as number);
      const end = after + escaped.length;
      return Object.hasOwn(CLASSES, escaped) ? [CLASSES[escaped] as string, end] : literal(escaped, end);
    }
    case '"': {
      const end = pattern.indexOf('"', after);
      if (end < 0) throw new PatternError('has a " without its end. Write \\" for the character');
      return [`(${escapePattern(foldText(pattern.slice(after, end), target))})`, end + 1];
    }
    case "[":
      return readClass(pattern, at, target);
    case "{": {
      const [all, from, , to] = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(pattern.slice(at, at + 12)) ?? [];
      if (all === undefined || Number(from) > MAX_REPEATS || Number(to ?? from) > MAX_REPEATS)
        throw new PatternError(`has a { that is no repetition of at most ${MAX_REPEATS} times, such as {1,5}`);
      return [all, at + all.length];
    }
    case "@":
      return [".*", after];
    case ".":
    case "?":
    case "+":
    case "*":
    case "|":
    case "(":
    case ")":
      return [char, after];
    default:
      return literal(char, after);
  }
};

/** Translates `[a-z]` or `[^a-z]`. */
const readClass = (pattern: string, start: number, target: PatternTarget): readonly [source: string, end: number] => {
  let at = start + 1;
  let source = "[";
  if (pattern[at] === "^") {
    source += "^";
    at++;
  }
  const first = at;
  while (at < pattern.length && (pattern[at] !== "]" || at === first)) {
    if (pattern[at] === "\\") at++;
    const char = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
    const folded = foldText(char, target);
    const isRange = char === "-" && at > first && pattern[at + 1] !== "]" && pattern[at - 1] !== "\\";
    // A letter that folds to several, such as ß, stands for itself here.
    source += isRange ? "-" : escapePattern(Array.from(folded).length === 1 ? folded : char);
    at += char.length;
  }
  if (at >= pattern.length) throw new PatternError("has a [ without ]. Write \\[ for the character");
  return [`${source}]`, at + 1];
};

/** Uses only what JavaScript's expressions have in common with RE2's, so that RE2 is not loaded to parse a search. */
const checkSyntax = (source: string): void => {
  try {
    if (!source.includes("(?")) {
      new RegExp(source, "s");
      return;
    }
  } catch {}
  throw new PatternError("is not a regular expression. Check its groups and repetitions");
};

/** Runs a translation, and throws a 400 that names the place of the pattern. */
export const translatePattern = (path: string, translate: () => string): string => {
  try {
    return translate();
  } catch (error) {
    throw error instanceof PatternError ? searchIssue(path, error.message) : error;
  }
};
