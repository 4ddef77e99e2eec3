/** How much a finding matters: `error`: something does not work; `warning`: it will, or costs data or money; `note`: worth knowing. */
export type Severity = "error" | "warning" | "note";

/** One thing that a check has found. */
export interface Finding {
  readonly severity: Severity;
  /** What was checked. */
  readonly check: string;
  readonly message: string;
  /** What to do; empty if nothing is to do. */
  readonly action: string;
}

const ORDER: readonly Severity[] = ["error", "warning", "note"];

/** The most severe findings first. */
export const sortFindings = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
