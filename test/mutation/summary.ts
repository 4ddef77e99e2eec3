import { readFileSync } from "node:fs";
import type { Stryker } from "@stryker-mutator/core";

type MutantResult = Awaited<ReturnType<Stryker["runMutationTest"]>>[number];

/** Of a survivor's text, in characters. */
const MAX_TEXT_LENGTH = 90;

/** Mutants that a test noticed. A mutant that runs into a time limit never ends. */
const KILLED = new Set(["Killed", "Timeout", "RuntimeError"]);
const SURVIVED = new Set(["Survived", "NoCoverage"]);

interface Summary {
  readonly text: string;
  readonly scorePercent: number;
}

/** Formats the results as one line per file, and one per mutant that no test noticed. */
export const formatSummary = (results: readonly MutantResult[]): Summary => {
  const valid = results.filter(({ status }) => KILLED.has(status) || SURVIVED.has(status));
  const rows = [...Map.groupBy(valid, ({ fileName }) => fileName)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const lines = rows.flatMap(([file, own]) => [
    `${formatScore(own).padStart(20)}  ${file}`,
    ...own
      .filter(({ status }) => SURVIVED.has(status))
      .toSorted((a, b) => a.location.start.line - b.location.start.line)
      .map((mutant) => `${"".padStart(22)}${formatMutant(mutant)}`),
  ]);
  return { text: [...lines, `${formatScore(valid).padStart(20)}  in total`].join("\n"), scorePercent: percent(valid) };
};

const killedOf = (results: readonly MutantResult[]): number =>
  results.filter(({ status }) => KILLED.has(status)).length;

const percent = (results: readonly MutantResult[]): number =>
  results.length === 0 ? 100 : (100 * killedOf(results)) / results.length;

const formatScore = (results: readonly MutantResult[]): string =>
  `${percent(results).toFixed(1)} % (${killedOf(results)} of ${results.length})`;

const formatMutant = ({ fileName, location: { start, end }, replacement = "", status, mutatorName }: MutantResult) => {
  const lines = readFileSync(fileName, "utf8")
    .split("\n")
    .slice(start.line - 1, end.line);
  const last = lines.length - 1;
  const original = lines
    .map((line, i) => line.slice(i === 0 ? start.column - 1 : 0, i === last ? end.column - 1 : undefined))
    .join("\n");
  const uncovered = status === "NoCoverage" ? " (not covered)" : "";
  return `${start.line}:${start.column} ${mutatorName}${uncovered}: ${shorten(original)} -> ${shorten(replacement)}`;
};

const shorten = (text: string): string => {
  const line = text.replace(/\s+/g, " ");
  return line.length > MAX_TEXT_LENGTH ? `${line.slice(0, MAX_TEXT_LENGTH)} …` : line;
};
