import { invalidPattern, MAX_REPETITIONS, unsupportedPattern } from "./limits.ts";

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
/** Escapes of characters, which are the same outside and inside of a set. */
const ESCAPES: Readonly<Record<string, string>> = { n: "\\n", r: "\\r", t: "\\t", f: "\\f", v: "\\v", a: "\\a" };
const ANCHORS: Readonly<Record<string, string>> = { A: "\\A", Z: "\\z", b: "\\b", B: "\\B" };

const UNSUPPORTED_GROUPS = "lookaround, backreferences, atomic groups or conditions";

interface TranslatedPattern {
  readonly re2Source: string;
  /** An upper limit of its instructions. */
  readonly size: number;
  /** Classes and ranges beyond ASCII. */
  readonly unicodeClasses: number;
  /** Whether case is ignored in any part. */
  readonly foldsCase: boolean;
}

/** Translates an expression from Python's syntax to RE2's. @throws PatternError */
export const translatePattern = (source: string): TranslatedPattern => {
  const parts: string[] = [];
  let unicodeClasses = 0;
  let foldsCase = false;
  /** Sizes of the finished pieces in the open group, and of the last piece, which a repetition may follow. */
  let finishedSize = 0;
  let pieceSize = 0;
  let isRepeated = false;
  const outerSizes: number[] = [];
  const append = (text: string, size = 1) => {
    parts.push(text);
    finishedSize += pieceSize;
    pieceSize = size;
    isRepeated = false;
  };
  for (let index = 0; index < source.length; ) {
    const char = source[index] as string;
    if (char === "\\") {
      const escaped = readEscape(source, index, false);
      append(escaped.text);
      unicodeClasses += Number(escaped.isClass);
      index = escaped.end;
    } else if (char === "[") {
      const set = readSet(source, index);
      append(set.text);
      unicodeClasses += set.unicodeClasses;
      index = set.end;
    } else if (char === "(") {
      const comment = matchAt(/\(\?#[^)]*\)/y, source, index);
      if (comment !== null) {
        index += comment[0].length;
        continue;
      }
      const opening = readGroup(source, index);
      index += opening.length;
      foldsCase ||= opening.foldsCase;
      if (opening.setsFlags) {
        parts.push(opening.text);
        continue;
      }
      append(opening.text, 0);
      outerSizes.push(finishedSize);
      finishedSize = 0;
    } else if (char === ")") {
      const groupSize = finishedSize + pieceSize + 2;
      finishedSize = outerSizes.pop() ?? 0;
      pieceSize = groupSize;
      parts.push(char);
      isRepeated = false;
      index++;
    } else if (char === "|") {
      append(char);
      index++;
    } else if (char === "*" || char === "+" || char === "?" || char === "{") {
      const bounds = char === "{" ? matchAt(/\{(?!\})(\d*)(?:(,)(\d*))?\}/y, source, index) : null;
      if (char === "{" && bounds === null) {
        append("\\{");
        index++;
        continue;
      }
      if (isRepeated && char === "+") throw unsupportedPattern("possessive repetitions");
      const [all = char, min = "", comma = "", max = ""] = bounds ?? [];
      if (max !== "" && Number(min) > Number(max)) throw invalidPattern();
      const times = Math.max(1, Number(min), Number(max));
      if (times > MAX_REPETITIONS) throw unsupportedPattern(`more than ${MAX_REPETITIONS} repetitions`);
      parts.push(bounds === null ? char : min === "" && max === "" ? "*" : `{${min || "0"}${comma}${max}}`);
      pieceSize = pieceSize * times + 1;
      index += all.length;
      // A question mark after a repetition makes it lazy.
      isRepeated = !isRepeated || char !== "?";
    } else {
      const character = String.fromCodePoint(source.codePointAt(index) as number);
      append(character);
      index += character.length;
    }
  }
  return { re2Source: parts.join(""), size: finishedSize + pieceSize, unicodeClasses, foldsCase };
};

/** The match of a sticky expression at an index. */
const matchAt = (sticky: RegExp, source: string, index: number): RegExpExecArray | null => {
  sticky.lastIndex = index;
  return sticky.exec(source);
};

/** Reads the opening of a group: its parenthesis, name and flags. */
const readGroup = (
  source: string,
  start: number,
): { text: string; length: number; setsFlags: boolean; foldsCase: boolean } => {
  if (source[start + 1] !== "?") return { text: "(?:", length: 1, setsFlags: false, foldsCase: false };
  if (matchAt(/\(\?(?:<?[=!]|>|\(|P=)/y, source, start) !== null) throw unsupportedPattern(UNSUPPORTED_GROUPS);
  const named = matchAt(/\(\?P<[^>]*>/y, source, start);
  if (named !== null) return { text: "(?:", length: named[0].length, setsFlags: false, foldsCase: false };
  const flags = matchAt(/\(\?([aiLmsux]*(?:-[imsx]+)?)([:)])/y, source, start);
  if (flags === null) throw invalidPattern();
  const [all, letters = "", end] = flags;
  if (end === ")" && start !== 0) throw invalidPattern();
  if (/[aLx]/.test(letters)) throw unsupportedPattern("the flags a, L and x");
  const kept = letters.replaceAll("u", "");
  return {
    text: end === ")" && kept === "" ? "" : `(?${kept}${end}`,
    length: all.length,
    setsFlags: end === ")",
    foldsCase: letters.includes("i"),
  };
};

/** Reads a set in brackets. */
const readSet = (source: string, start: number): { text: string; end: number; unicodeClasses: number } => {
  const parts = ["["];
  let classes = 0;
  let ranges = 0;
  let end = start + 1;
  if (source[end] === "^") {
    parts.push("^");
    end++;
  }
  for (let isFirst = true; ; isFirst = false) {
    const char = source[end];
    if (char === undefined) throw invalidPattern();
    if (char === "]" && !isFirst) {
      const text = `${parts.join("")}]`;
      return { text, end: end + 1, unicodeClasses: classes + (/[^\0-\x7f]|\\x\{/.test(text) ? ranges : 0) };
    }
    if (char === "-") ranges++;
    if (char === "\\") {
      const escaped = readEscape(source, end, true);
      parts.push(escaped.text);
      // A class cannot begin a range.
      if (escaped.isClass && source[escaped.end] === "-" && source[escaped.end + 1] !== "]") throw invalidPattern();
      classes += Number(escaped.isClass);
      end = escaped.end;
    } else {
      parts.push(char === "[" || char === "]" ? `\\${char}` : char);
      end++;
    }
  }
};

/** Reads a backslash and what it escapes. */
const readEscape = (source: string, start: number, inSet: boolean): { text: string; end: number; isClass: boolean } => {
  const isClass = false;
  const char = source[start + 1];
  if (char === undefined) throw invalidPattern();
  const end = start + 2;
  if (Object.hasOwn(CLASSES, char))
    return { text: inSet ? (CLASSES[char] as string) : `[${CLASSES[char]}]`, end, isClass: true };
  if (Object.hasOwn(ESCAPES, char)) return { text: ESCAPES[char] as string, end, isClass };
  if (inSet && char === "b") return { text: "\\x08", end, isClass };
  if (!inSet && Object.hasOwn(ANCHORS, char)) return { text: ANCHORS[char] as string, end, isClass };
  const code = /x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(0[0-7]{0,2}|[1-3][0-7]{2})/y;
  const [all, x, u, U, octal] = matchAt(code, source, start + 1) ?? [];
  if (all !== undefined) {
    const number = octal === undefined ? Number.parseInt((x ?? u ?? U) as string, 16) : Number.parseInt(octal, 8);
    if (number > 0x10ffff) throw invalidPattern();
    return { text: `\\x{${number.toString(16)}}`, end: start + 1 + all.length, isClass };
  }
  if (/[1-9]/.test(char)) throw inSet ? invalidPattern() : unsupportedPattern(UNSUPPORTED_GROUPS);
  if (char === "N") throw unsupportedPattern("characters by name");
  if (/[a-zA-Z0-9]/.test(char)) throw invalidPattern();
  return { text: /[!-/:-@[-`{-~]/.test(char) ? `\\${char}` : char, end, isClass };
};
