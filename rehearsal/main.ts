import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../config/user-error.ts";
import { type RehearsalReport, rehearse } from "./rehearse.ts";

const USAGE = `Usage: npm run rehearse -- [options]
Runs the store from its template: its functions, with their roles, on the embedded engines. Checks it, and reports what is wrong.

  --template PATH       a folder of cdk synth, or the template of npm run package; the rehearsal's own config when left out
  --previous PATH       the same of an earlier version, which is deployed first and again at the end
  --parameter NAME=VALUE  a parameter of the template; may be repeated
  --help                print this`;

const readParameters = (texts: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
      if (name === undefined || value === undefined)
        throw new UserError([`--parameter ${text} is not a parameter. Write --parameter NAME=VALUE.`]);
      return [name, value];
    }),
  );

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      template: { type: "string" },
      previous: { type: "string" },
      parameter: { type: "string", multiple: true },
      help: { type: "boolean" },
    },
  });
  if (values.help) return console.log(USAGE);
  const folder = mkdtempSync(join(tmpdir(), "kintoun-rehearse-"));
  try {
    const report = await rehearse({
      template: values.template,
      previous: values.previous,
      templateParameters: readParameters(values.parameter ?? []),
      folder,
      print: (line) => console.log(line),
    });
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
  if (!(error instanceof UserError) && !(error instanceof TypeError && "code" in error)) throw error;
  for (const line of error instanceof UserError ? error.lines : [error.message, USAGE]) console.error(line);
  process.exitCode = 1;
}
