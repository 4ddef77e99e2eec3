import type { Config } from "../../config/config.ts";
import { findSearchOwner } from "../../config/plugin-placement.ts";
import { queueConfigs } from "../../config/queues.ts";
import { FREE, PRICES } from "../../core/prices.ts";
import { costPerMillion, USE_NAMES, type UseName } from "./units.ts";

/** The use of a store in a month. */
export interface Usage {
  /** Millions, by what is used. */
  readonly millions: Readonly<Partial<Record<UseName, number>>>;
  /** GB of records, with their keys. */
  readonly recordGb: number;
  /** GB of attachments. */
  readonly fileGb: number;
}

/** A part of the costs of a month. */
export interface Cost {
  readonly name: string;
  readonly usd: number;
}

export interface Estimate {
  /** What a store costs that no one uses, and that has no data. */
  readonly idle: readonly Cost[];
  readonly storage: readonly Cost[];
  readonly use: readonly Cost[];
  readonly total: number;
}

/** Lambda polls each queue with a maximum concurrency by five pollers, whose polls take 20 seconds. */
const POLLS_PER_QUEUE = (5 * 30 * 24 * 3600) / 20;
/** A store has as many alarms beside two of each queue. */
const ALARMS_OF_STORE = 5;

const above = (amount: number, free: number): number => Math.max(0, amount - free);

/** Estimates what a config costs in a month, as if its store were the only one in the account. */
export const estimateCosts = (config: Config, { millions, recordGb, fileGb }: Usage): Estimate => {
  const queues = queueConfigs(config).filter(({ name }) => !config.standalone.includes(name)).length;
  const polls = queues * POLLS_PER_QUEUE;
  const engine = findSearchOwner(config.plugins)?.need;
  const { alarmAddress, dashboard } = config.deploy;
  const alarms = alarmAddress === undefined ? 0 : ALARMS_OF_STORE + 2 * queues;
  const idle: Cost[] = [
    {
      name: `polls of ${queues} queues`,
      usd: (above(polls, FREE.queueRequests) / 1e6) * PRICES.queueRequests,
    },
    { name: `${alarms} alarms`, usd: above(alarms, FREE.alarms) * PRICES.alarm },
    { name: `${dashboard ? 1 : 0} dashboards`, usd: above(dashboard ? 1 : 0, FREE.dashboards) * PRICES.dashboard },
    ...(engine?.domain === undefined ? [] : [{ name: "the search domain, t3.small.search", usd: PRICES.searchDomain }]),
  ];
  // The table and its index, each with the record.
  const storage: Cost[] = [
    {
      name: `${recordGb} GB of records`,
      usd: above(2 * recordGb, FREE.tableGb) * PRICES.tableGb + recordGb * PRICES.backupGb,
    },
    { name: `${fileGb} GB of attachments`, usd: fileGb * PRICES.fileGb },
  ];
  const use = USE_NAMES.map((name) => ({
    name: `${millions[name] ?? 0} million ${name}`,
    usd: (millions[name] ?? 0) * costPerMillion(name),
  }));
  const total = [...idle, ...storage, ...use].reduce((sum, { usd }) => sum + usd, 0);
  return { idle, storage, use, total };
};
