import { join } from "node:path";
import { CHECKS, runChecks } from "./checks/run-checks.ts";
import { type RehearsedStore, rehearseStore } from "./rehearse-store.ts";
import { checkUpgrade } from "./upgrade.ts";

interface RehearsalOptions {
  /** A folder of `cdk synth`, or a packaged template; the rehearsal's own config when absent. */
  readonly template: string | undefined;
  /** An earlier version, from which the upgrade is rehearsed. */
  readonly previous: string | undefined;
  /** Values of the template's parameters by name. */
  readonly templateParameters: Readonly<Record<string, string>>;
  /** A folder for what is made. */
  readonly folder: string;
  readonly print: (line: string) => void;
}

export interface RehearsalReport {
  readonly passed: number;
  readonly failed: number;
  /** What is wrong with the template, one line each. */
  readonly findings: readonly string[];
  /** Types of resources that were not rehearsed. */
  readonly unrehearsed: readonly string[];
}

/** What the config of the rehearsal needs that others own. */
export const OUTSIDE = {
  parameters: { "/rehearsal/greeting": "Hello" },
  topics: ["arn:aws:sns:us-east-1:000000000000:kintoun"],
};

/** Deploys a template into an empty account and checks the store that it makes. */
export const rehearse = async (options: RehearsalOptions): Promise<RehearsalReport> => {
  const { previous, folder, print, templateParameters } = options;
  const template = options.template ?? (await synthesize(join(folder, "assembly"), print));
  await using store = await rehearseStore(previous ?? template, { ...OUTSIDE, templateParameters });
  const { lambdas, mappings } = countParts(store);
  print(`The template makes ${lambdas} functions, ${store.account.queues.size} queues and ${mappings} streams.`);
  const counts = { passed: 0, failed: 0 };
  const onResult = ({ name, failure }: { name: string; failure: string | undefined }) => {
    print(`${failure === undefined ? "passed " : "failed "}  ${name}${failure === undefined ? "" : `: ${failure}`}`);
    counts[failure === undefined ? "passed" : "failed"]++;
  };
  await runChecks(store, CHECKS, onResult);
  if (previous !== undefined) await checkUpgrade(store, { previous, next: template, onResult });
  return { ...counts, findings: store.account.findings.lines, unrehearsed: [...store.account.unrehearsed].toSorted() };
};

const synthesize = async (folder: string, print: (line: string) => void): Promise<string> => {
  print("Synthesizing the config of the rehearsal …");
  const { synthesizeRehearsal } = await import("./synthesize.ts");
  await synthesizeRehearsal(folder);
  return folder;
};

const countParts = ({ account }: RehearsedStore) => ({
  lambdas: account.functions.size,
  mappings: account.streams.size,
});
