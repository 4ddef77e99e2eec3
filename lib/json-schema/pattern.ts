import type { RE2JS } from "re2js";
import { invalidPattern, MAX_PATTERN_INSTRUCTIONS, MAX_REPETITIONS, unsupportedPattern } from "./limits.ts";
import { translatePattern } from "./python-pattern.ts";
import type { Spend } from "./types.ts";

/** A regular expression that runs in time linear in the text. */
export interface Pattern {
  /** The size of the compiled expression. In the worst case each character of a text runs all instructions. */
  readonly instructions: number;
  /** Whether the pattern matches anywhere in the text. */
  readonly matches: (text: string) => boolean;
}

/** Compiles a regular expression in Python's syntax. It spends the steps before it compiles. @throws PatternError */
export type CompilePattern = (source: string, spend: Spend) => Pattern;

/**
 * Steps to compile a pattern, an instruction, and a class that covers all of Unicode, which costs more if case is
 * ignored.
 */
const STEPS = { pattern: 400, instruction: 3, unicodeClass: 600, foldedUnicodeClass: 12_000 };

/** Loads the regular expression engine with the first schema that is compiled, because most requests have no schema. */
export const loadPatternCompiler = async (): Promise<CompilePattern> => {
  engine ??= import("re2js").then(({ RE2JS }) => RE2JS);
  const re2 = await engine;
  return (source, spend) => {
    const { re2Source, size, unicodeClasses, foldsCase } = translatePattern(source);
    spend(STEPS.pattern + STEPS.instruction * (size + source.length));
    spend((foldsCase ? STEPS.foldedUnicodeClass : STEPS.unicodeClass) * unicodeClasses);
    if (size > MAX_PATTERN_INSTRUCTIONS)
      throw unsupportedPattern(`repetitions that come to more than ${MAX_PATTERN_INSTRUCTIONS} characters`);
    try {
      const compiled = re2.compile(re2Source);
      return { instructions: compiled.programSize(), matches: (text) => compiled.test(text) };
    } catch (error) {
      if (error instanceof Error && /invalid repeat count/.test(error.message))
        throw unsupportedPattern(`more than ${MAX_REPETITIONS} repetitions`);
      throw invalidPattern();
    }
  };
};

let engine: Promise<typeof RE2JS> | undefined;
