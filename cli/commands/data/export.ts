import { loadConfig } from "../../../config/load-config.ts";
import { type LineWriter, openLineWriter } from "../../../operations/transfer/export-file.ts";
import { parseExportState } from "../../../operations/transfer/export-state.ts";
import { exportStore } from "../../../operations/transfer/export-store.ts";
import { parseLine } from "../../../operations/transfer/lines.ts";
import { openStateFile } from "../../../operations/transfer/state-file.ts";
import { createYamlWriter, isYaml } from "../../../operations/transfer/yaml-file.ts";
import { connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, createProgress, printNotice } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";
import { describeSource, describeTarget } from "./describe-target.ts";

interface ExportCommandOptions extends StoreOptions {
  readonly bucket?: readonly string[];
  readonly secrets: boolean;
}

/** Runs `kintoun export`. */
export const runExport = async (file: string, options: ExportCommandOptions): Promise<void> => {
  const target = readStoreTarget(options);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  await runUntilDone(async (signal) => {
    const store = await connect({ config, target, queues: [], log: commandLog });
    const progress = createProgress("objects");
    try {
      const { counts, isComplete } = await exportStore({
        appOptions: store.appOptions,
        store: `${describeTarget(target)} (table ${store.appOptions.location.table})`,
        description: describeSource(target),
        buckets: options.bucket,
        secrets: options.secrets && !isYaml(file),
        openWriter: (bytes) => (isYaml(file) ? toYamlWriter(file) : openLineWriter(file, bytes)),
        state: file === "-" || isYaml(file) ? undefined : openStateFile(`${file}.state`, parseExportState),
        signal,
        progress: progress.step,
      });
      progress.end(counts.objects);
      if (!isComplete) return printNotice("Stopped. Run the command again to continue.");
      const { objects, tombstones, versions, files } = counts;
      printNotice(
        `Exported ${objects} objects, ${tombstones} tombstones, ${versions} entries of histories and ${files} files.`,
      );
      if (options.secrets)
        printNotice("The file has secrets, such as hashes of passwords. Keep it as safe as the store.");
    } finally {
      await store.close();
    }
  });
};

/** Writes a file of kinto-wizard at the end, as a whole. */
const toYamlWriter = (file: string): LineWriter => {
  const yaml = createYamlWriter(file);
  return {
    write: async (text) => {
      const line = parseLine(text);
      yaml.add(line);
      if ("end" in line) yaml.end();
    },
    isFull: false,
    flush: async () => 0,
    close: () => undefined,
  };
};
