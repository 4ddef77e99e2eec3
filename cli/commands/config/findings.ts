/**
 * What a finding means to the operator. `lost`: the store does without it. `action`: the operator must do something.
 * `info`: nothing is to do.
 */
export type Severity = "lost" | "action" | "info";

/** Something that was not converted as it is. Contains no values, which may be secret. */
export interface Finding {
  readonly severity: Severity;
  /** A sentence that begins with the key. */
  readonly text: string;
  /** Whether authentication or permissions change their meaning. */
  readonly isSecurity?: boolean;
}

/** Adds a finding about a key. The text follows the key, without a full stop. */
export type AddFinding = (
  severity: Severity,
  key: string,
  text: string,
  options?: { readonly isSecurity?: boolean },
) => void;

/** Creates a list of findings and the function that adds to it. */
export const collectFindings = (): { readonly findings: readonly Finding[]; readonly add: AddFinding } => {
  const findings: Finding[] = [];
  return {
    findings,
    add: (severity, key, text, { isSecurity = false } = {}) =>
      void findings.push({
        severity,
        text: `${key} ${text}${/[.?]$/.test(text) ? "" : "."}`,
        ...(isSecurity && { isSecurity }),
      }),
  };
};

/** Whether a setting of Kinto concerns who may do what. */
export const isSecuritySetting = (key: string): boolean =>
  /_principals$|(^|\.)(readonly|explicit_permissions)$/.test(key);

/** Whether authentication or permissions change their meaning. */
export const losesSecurity = (findings: readonly Finding[]): boolean => findings.some(({ isSecurity }) => isSecurity);

const HEADINGS: Readonly<Record<Severity, string>> = {
  lost: "Lost",
  action: "Needs you",
  info: "For information",
};

/** The findings in groups, those about security first, and a summary. */
export const formatFindings = (findings: readonly Finding[]): readonly string[] => {
  const groups = (["lost", "action", "info"] as const).map((severity) => ({
    severity,
    found: findings
      .filter((finding) => finding.severity === severity)
      .toSorted((a, b) => Number(b.isSecurity ?? false) - Number(a.isSecurity ?? false)),
  }));
  const lines = groups.flatMap(({ severity, found }) =>
    found.length === 0
      ? []
      : [
          `${HEADINGS[severity]}:`,
          ...found.map(({ text, isSecurity }) => `  ${isSecurity ? "[security] " : ""}${text}`),
          "",
        ],
  );
  const counts = groups.map(({ severity, found }) => `${HEADINGS[severity].toLowerCase()}: ${found.length}`);
  const security = findings.filter(({ isSecurity }) => isSecurity).length;
  return [...lines, `Summary: ${[...counts, `changes of authentication or permissions: ${security}`].join(", ")}.`];
};
