import type { RE2JS } from "re2js";

/** Instructions that one pattern may come to when its repetitions are written out. */
const LARGEST = 10_000;

/** A pattern that runs in time linear in the text, whatever both are. */
export interface Pattern {
  /** Instructions; a text's character costs that many steps at worst. */
  readonly size: number;
  /** Whether the pattern occurs anywhere in the text. */
  readonly occursIn: (text: string) => boolean;
}

/** Why a pattern cannot be used: it is no regular expression at all, or one that cannot be run in linear time. */
export class PatternError extends Error {
  readonly isRegex: boolean;

  constructor(isRegex: boolean, message: string) {
    super(message);
    this.isRegex = isRegex;
  }
}

/** `spend` is told, before it is done, what compiling takes, in steps of about half a microsecond. */
export type CompilePattern = (source: string, spend: (steps: number) => void) => Pattern;

/** Steps that it takes to compile any pattern, an instruction, and a class that covers all of Unicode: much more where case is ignored. */
const COST = { pattern: 400, instruction: 3, unicode: 600, foldedUnicode: 12_000 };

/**
 * What makes a {@link Pattern} of a regular expression as Kinto reads it, in Python's syntax; throws a {@link PatternError}. The
 * engine is loaded when it is first asked for: most requests have no schema to check.
 */
export const loadPatterns = async (): Promise<CompilePattern> => {
  engine ??= import("re2js").then(({ RE2JS }) => RE2JS);
  const re2 = await engine;
  return (source, spend) => {
    const { re2Source, size, unicode, folds } = translate(source);
    spend(
      COST.pattern + COST.instruction * (size + source.length) + (folds ? COST.foldedUnicode : COST.unicode) * unicode,
    );
    if (size > LARGEST) throw unsupported(`repetitions that come to more than ${LARGEST} characters`);
    try {
      const compiled = re2.compile(re2Source);
      return { size: compiled.programSize(), occursIn: (text) => compiled.test(text) };
    } catch (error) {
      if (error instanceof Error && /invalid repeat count/.test(error.message))
        throw unsupported("more than 1000 repetitions");
      throw new PatternError(false, "is no regular expression");
    }
  };
};

let engine: Promise<typeof RE2JS> | undefined;

const unsupported = (what: string): PatternError => new PatternError(true, what);

/** Python's classes cover all of Unicode, RE2's only ASCII. */
const CLASSES: Readonly<Record<string, string>> = {
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  w: "_\\p{L}\\p{N}",
  W: "\\x{203F}\\x{2040}\\x{2054}\\x{FE33}\\x{FE34}\\x{FE4D}-\\x{FE4F}\\x{FF3F}\\p{C}\\p{M}\\p{S}\\p{Z}\\p{Pd}\\p{Ps}\\p{Pe}\\p{Pi}\\p{Pf}\\p{Po}",
  s: "\\t-\\r\\x1c-\\x20\\x85\\p{Z}",
  S:
    "\\x00-\\x08\\x0e-\\x1b\\x21-\\x84\\x86-\\x9f\\xa1-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}" +
    "\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}\\p{L}",
};
/** What an escape stands for outside of a class, and within one. */
const ESCAPES: Readonly<Record<string, string>> = { n: "\\n", r: "\\r", t: "\\t", f: "\\f", v: "\\v", a: "\\a" };
const ANCHORS: Readonly<Record<string, string>> = { A: "\\A", Z: "\\z", b: "\\b", B: "\\B" };

interface Translated {
  readonly re2Source: string;
  /** Instructions that it comes to at most. */
  readonly size: number;
  /** Classes and ranges beyond ASCII. */
  readonly unicode: number;
  /** Whether case is ignored, at least in parts. */
  readonly folds: boolean;
}

/** The same expression in RE2's syntax. */
const translate = (source: string): Translated => {
  const parts: string[] = [];
  let unicode = 0;
  let folds = false;
  /** Size of what is complete in the open group, and of the last piece, which a repetition may follow. */
  let done = 0;
  let piece = 0;
  let repeated = false;
  const open: { done: number }[] = [];
  const put = (text: string, size = 1) => {
    parts.push(text);
    done += piece;
    piece = size;
    repeated = false;
  };
  for (let at = 0; at < source.length; ) {
    const char = source[at] as string;
    const rest = (pattern: RegExp) => {
      pattern.lastIndex = at;
      return pattern.exec(source);
    };
    if (char === "\\") {
      const escaped = readEscape(source, at, false);
      put(escaped.text);
      unicode += Number(escaped.isClass);
      at = escaped.end;
    } else if (char === "[") {
      const set = readSet(source, at);
      put(set.text);
      unicode += set.unicode;
      at = set.end;
    } else if (char === "(") {
      const comment = rest(/\(\?#[^)]*\)/y);
      if (comment !== null) {
        at += comment[0].length;
        continue;
      }
      const opening = readGroup(source, at);
      at += opening.length;
      folds ||= opening.folds;
      if (opening.setsFlags) {
        parts.push(opening.text);
        continue;
      }
      put(opening.text, 0);
      open.push({ done });
      done = 0;
    } else if (char === ")") {
      const inner = done + piece + 2;
      done = open.pop()?.done ?? 0;
      piece = inner;
      parts.push(char);
      repeated = false;
      at++;
    } else if (char === "|") {
      put(char);
      at++;
    } else if (char === "*" || char === "+" || char === "?" || char === "{") {
      const bounds = char === "{" ? rest(/\{(?!\})(\d*)(?:(,)(\d*))?\}/y) : null;
      if (char === "{" && bounds === null) {
        put("\\{");
        at++;
        continue;
      }
      if (repeated && char === "+") throw unsupported("possessive repetitions");
      const [all = char, least = "", comma = "", most = ""] = bounds ?? [];
      if (most !== "" && Number(least) > Number(most)) throw notRegex();
      const times = Math.max(1, Number(least), Number(most));
      if (times > 1000) throw unsupported("more than 1000 repetitions");
      parts.push(bounds === null ? char : least === "" && most === "" ? "*" : `{${least || "0"}${comma}${most}}`);
      piece = piece * times + 1;
      at += all.length;
      // A question mark after a repetition makes it lazy.
      repeated = !repeated || char !== "?";
    } else {
      const character = String.fromCodePoint(source.codePointAt(at) as number);
      put(character);
      at += character.length;
    }
  }
  return { re2Source: parts.join(""), size: done + piece, unicode, folds };
};

const notRegex = (): PatternError => new PatternError(false, "is no regular expression");

/** The parenthesis at `at` with what makes it special. */
const readGroup = (
  source: string,
  at: number,
): { text: string; length: number; setsFlags: boolean; folds: boolean } => {
  if (source[at + 1] !== "?") return { text: "(?:", length: 1, setsFlags: false, folds: false };
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  if (match(/\(\?(?:<?[=!]|>|\(|P=)/y) !== null)
    throw unsupported("lookaround, backreferences, atomic groups or conditions");
  const named = match(/\(\?P<[^>]*>/y);
  if (named !== null) return { text: "(?:", length: named[0].length, setsFlags: false, folds: false };
  const flags = match(/\(\?([aiLmsux]*(?:-[imsx]+)?)([:)])/y);
  if (flags === null) throw notRegex();
  const [all, letters = "", end] = flags;
  if (end === ")" && at !== 0) throw notRegex();
  if (/[aLx]/.test(letters)) throw unsupported("the flags a, L and x");
  const kept = letters.replaceAll("u", "");
  return {
    text: end === ")" && kept === "" ? "" : `(?${kept}${end}`,
    length: all.length,
    setsFlags: end === ")",
    folds: letters.includes("i"),
  };
};

/** The set in brackets that begins at `at`. */
const readSet = (source: string, at: number): { text: string; end: number; unicode: number } => {
  const parts = ["["];
  let classes = 0;
  let ranges = 0;
  let end = at + 1;
  if (source[end] === "^") {
    parts.push("^");
    end++;
  }
  for (let isFirst = true; ; isFirst = false) {
    const char = source[end];
    if (char === undefined) throw notRegex();
    if (char === "]" && !isFirst) {
      const text = `${parts.join("")}]`;
      return { text, end: end + 1, unicode: classes + (/[^\0-\x7f]|\\x\{/.test(text) ? ranges : 0) };
    }
    if (char === "-") ranges++;
    if (char === "\\") {
      const escaped = readEscape(source, end, true);
      parts.push(escaped.text);
      // A class begins no range.
      if (escaped.isClass && source[escaped.end] === "-" && source[escaped.end + 1] !== "]") throw notRegex();
      classes += Number(escaped.isClass);
      end = escaped.end;
    } else {
      parts.push(char === "[" || char === "]" ? `\\${char}` : char);
      end++;
    }
  }
};

const readEscape = (source: string, at: number, inSet: boolean): { text: string; end: number; isClass: boolean } => {
  const isClass = false;
  const char = source[at + 1];
  if (char === undefined) throw notRegex();
  const end = at + 2;
  if (Object.hasOwn(CLASSES, char))
    return { text: inSet ? (CLASSES[char] as string) : `[${CLASSES[char]}]`, end, isClass: true };
  if (Object.hasOwn(ESCAPES, char)) return { text: ESCAPES[char] as string, end, isClass };
  if (inSet && char === "b") return { text: "\\x08", end, isClass };
  if (!inSet && Object.hasOwn(ANCHORS, char)) return { text: ANCHORS[char] as string, end, isClass };
  const code = /x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(0[0-7]{0,2}|[1-3][0-7]{2})/y;
  code.lastIndex = at + 1;
  const [all, x, u, U, octal] = code.exec(source) ?? [];
  if (all !== undefined) {
    const number = octal === undefined ? Number.parseInt((x ?? u ?? U) as string, 16) : Number.parseInt(octal, 8);
    if (number > 0x10ffff) throw notRegex();
    return { text: `\\x{${number.toString(16)}}`, end: at + 1 + all.length, isClass };
  }
  if (/[1-9]/.test(char))
    throw inSet ? notRegex() : unsupported("lookaround, backreferences, atomic groups or conditions");
  if (char === "N") throw unsupported("characters by name");
  if (/[a-zA-Z0-9]/.test(char)) throw notRegex();
  return { text: /[!-/:-@[-`{-~]/.test(char) ? `\\${char}` : char, end, isClass };
};
