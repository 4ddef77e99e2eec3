import { type Command, InvalidArgumentError } from "commander";
import type { Cost } from "../../operations/costs/estimate-costs.ts";
import { createCommand } from "../options.ts";

const parseAmount = (text: string): number => {
  const amount = Number(text);
  if (text.trim() === "" || !Number.isFinite(amount) || amount < 0 || amount > 1e6)
    throw new InvalidArgumentError("Expected a number from 0 to 1,000,000.");
  return amount;
};

interface CostsOptions {
  readonly reads: number;
  readonly writes: number;
  readonly searches: number;
  readonly events: number;
  readonly attachments: number;
  readonly gb: number;
  readonly fileGb: number;
}

export const costsCommand = (): Command =>
  createCommand("costs", "Estimate what the config costs in AWS per month.")
    .option("--reads <millions>", "reads, and polls for changes", parseAmount, 1)
    .option("--writes <millions>", "creations, updates and deletions", parseAmount, 0.1)
    .option("--searches <millions>", "searches", parseAmount, 0)
    .option("--events <millions>", "events that listeners handle", parseAmount, 0)
    .option("--attachments <millions>", "files that are attached", parseAmount, 0)
    .option("--gb <number>", "GB of records", parseAmount, 1)
    .option("--file-gb <number>", "GB of attachments", parseAmount, 0)
    .action(runCosts);

const runCosts = async ({ gb, fileGb, ...millions }: CostsOptions): Promise<void> => {
  const [{ loadConfig }, { estimateCosts }, { PRICES }] = await Promise.all([
    import("../../config/load-config.ts"),
    import("../../operations/costs/estimate-costs.ts"),
    import("../../core/prices.ts"),
  ]);
  const { idle, storage, use, total } = estimateCosts(await loadConfig({ isDeployed: true }), {
    millions,
    recordGb: gb,
    fileGb,
  });
  const lines = [...formatCosts("Idle", idle), ...formatCosts("Storage", storage), ...formatCosts("Use", use)];
  console.log(
    [
      ...lines,
      formatLine("Sum per month in USD", total),
      `Prices of US East, ${PRICES.date}. Traffic to the Internet and OpenSearch Serverless are not included. See docs/operations/costs.md.`,
    ].join("\n"),
  );
};

const NAME_CHARS = 44;
const USD_CHARS = 10;

const formatLine = (name: string, usd: number): string =>
  `${name.padEnd(NAME_CHARS)}${usd.toFixed(2).padStart(USD_CHARS)}`;

const formatCosts = (title: string, costs: readonly Cost[]): string[] => [
  title,
  ...costs.map(({ name, usd }) => formatLine(`  ${name}`, usd)),
];
