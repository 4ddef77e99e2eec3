import { loadConfig } from "../../../config/load-config.ts";
import type { ClockReport } from "../../../core/store/repair-clock.ts";
import { openClockRepair } from "../../../operations/repair-clock.ts";
import { confirm } from "../../confirm.ts";
import { connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, createProgress, print, printNotice } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";

interface RepairTimestampOptions extends StoreOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Runs `kintoun lists repair-timestamp`. */
export const runRepairTimestamp = async (uri: string, options: RepairTimestampOptions): Promise<void> => {
  const target = readStoreTarget(options);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  await runUntilDone(async (signal) => {
    const store = await connect({ config, target, queues: [], log: commandLog });
    const progress = createProgress("changed");
    try {
      const clock = openClockRepair({ appOptions: store.appOptions, uri, signal, progress: progress.step });
      try {
        const report = await clock.inspect();
        print(describeClock(uri, report));
        if (!report.isAhead || options.dryRun) return;
        if (!options.yes)
          await confirm(`Set back ${uri} in ${store.description}? Clients must then sync it from the start.`, {
            refusal: "Nothing was changed.",
            dryRun: "--dry-run",
          });
        const { changed, isRepaired } = await clock.repair();
        progress.end(changed);
        if (isRepaired)
          print(`Set back ${uri}. Clients must now sync it from the start: see docs/operations/runbook.md.`);
        else printNotice("Stopped. Run the command again to continue.");
      } finally {
        await clock.close();
      }
    } finally {
      await store.close();
    }
  });
};

const DAY_MS = 24 * 3600 * 1000;

const describeClock = (uri: string, { timestamp, now, isAhead, entries }: ClockReport): string => {
  if (!isAhead) return `The timestamp of ${uri} is ${timestamp}. It is not more than a day ahead: nothing to repair.`;
  const days = Math.floor((timestamp - now) / DAY_MS);
  return `The timestamp of ${uri} is ${timestamp}, ${days} days ahead of the clock (${now}). ${entries} objects and tombstones would get a present last_modified.`;
};
