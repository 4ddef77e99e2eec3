import type { Mismatch } from "./run-scenario.ts";
import type { Scenario, Step } from "./scenario.ts";

/** Formats a mismatch for a person: the scenario that leads to it, both answers, and where they differ. */
export const formatMismatch = (
  seed: number,
  scenario: Scenario,
  { sent, kinto, kintoun, differences }: Mismatch,
): string =>
  [
    `Seed ${seed}, shortened to ${scenario.length} requests:`,
    ...scenario.map((step) => `  ${formatStep(step)}`),
    ...(scenario.at(-1)?.path.endsWith("/batch") ? [`  part: ${sent.method} ${sent.path} ${sent.body ?? ""}`] : []),
    ...differences
      .slice(0, 8)
      .flatMap(({ where, kinto: theirs, kintoun: ours }) => [
        `  ${where}`,
        `    Kinto:   ${formatValue(theirs)}`,
        `    Kintoun: ${formatValue(ours)}`,
      ]),
    `  Kinto:   ${kinto.status} ${formatValue(kinto.body)}`,
    `  Kintoun: ${kintoun.status} ${formatValue(kintoun.body)}`,
  ].join("\n");

const formatStep = ({ feature: about, user: as, method, path, headers, body }: Step): string =>
  `(${about}) ${as ?? "anonymous"}: ${method} ${path}${headers === undefined ? "" : ` ${JSON.stringify(headers)}`}${body === undefined ? "" : ` ${body.slice(0, 600)}`}`;

const formatValue = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value).slice(0, 500));
