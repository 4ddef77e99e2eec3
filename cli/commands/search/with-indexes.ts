import { loadConfig } from "../../../config/load-config.ts";
import { openSearchIndexes, type SearchIndexes } from "../../../operations/search-indexes.ts";
import { connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, createProgress, printNotice } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";

/** What the commands have. */
export interface OpenIndexes {
  readonly indexes: SearchIndexes;
  /** Names the store in messages. */
  readonly store: string;
  readonly signal: AbortSignal;
}

/** Opens the indexes of a store, shows what is written, and ends the process after `run`. */
export const withIndexes = async (options: StoreOptions, run: (open: OpenIndexes) => Promise<void>): Promise<never> => {
  const target = readStoreTarget(options);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  return runUntilDone(async (signal) => {
    const store = await connect({ config, target, queues: [], log: commandLog });
    const progress = createProgress("documents written");
    let written = 0;
    try {
      const indexes = await openSearchIndexes({
        appOptions: store.appOptions,
        signal,
        onWrites: (count) => {
          written += count;
          progress.step(written);
        },
        onStep: printNotice,
      });
      try {
        await run({ indexes, store: store.description, signal });
        if (written > 0) progress.end(written);
      } finally {
        await indexes.close();
      }
    } finally {
      await store.close();
    }
  });
};
