import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../config/user-error.ts";
import { REHEARSAL_USAGE, readRehearsalOptions } from "./options.ts";
import { type RehearsalReport, rehearse } from "./rehearse.ts";

const main = async (): Promise<void> => {
  const { help, ...options } = readRehearsalOptions(process.argv.slice(2));
  if (help) return console.log(REHEARSAL_USAGE);
  const folder = mkdtempSync(join(tmpdir(), "kintoun-rehearse-"));
  try {
    const report = await rehearse({ template: undefined, previous: undefined, ...options, folder, print: console.log });
    printReport(report);
    if (report.failed > 0 || report.findings.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const printReport = ({ passed, failed, findings, unrehearsed }: RehearsalReport): void => {
  for (const line of findings) console.log(`finding  ${line}`);
  if (unrehearsed.length > 0) console.log(`Not rehearsed: ${unrehearsed.join(", ")}.`);
  console.log(`${passed} passed, ${failed + findings.length} failed`);
};

try {
  await main();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  for (const line of error.lines) console.error(line);
  process.exitCode = 1;
}
