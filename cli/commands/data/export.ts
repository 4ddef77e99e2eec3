import { loadConfig } from "../../../config/load-config.ts";
import { type LineWriter, openLineWriter } from "../../../operations/transfer/export-file.ts";
import { parseExportState } from "../../../operations/transfer/export-state.ts";
import { type ExportReport, exportStore } from "../../../operations/transfer/export-store.ts";
import { parseLine } from "../../../operations/transfer/lines.ts";
import { openStateFile } from "../../../operations/transfer/state-file.ts";
import { createYamlWriter, isYaml, type YamlWriter } from "../../../operations/transfer/yaml-file.ts";
import { connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, createProgress, formatCount, printNotice } from "../../output.ts";
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
    let yaml: YamlWriter | undefined;
    try {
      const { counts, isComplete } = await exportStore({
        appOptions: store.appOptions,
        store: `${describeTarget(target)} (table ${store.appOptions.location.table})`,
        description: describeSource(target),
        buckets: options.bucket,
        secrets: options.secrets && !isYaml(file),
        openWriter: (bytes) => {
          if (!isYaml(file)) return openLineWriter(file, bytes);
          yaml = createYamlWriter(file);
          return toLineWriter(yaml);
        },
        state: file === "-" || isYaml(file) ? undefined : openStateFile(`${file}.state`, parseExportState),
        signal,
        progress: progress.step,
      });
      progress.end(counts.objects);
      if (!isComplete) return printNotice("Stopped. Run the command again to continue.");
      if (yaml !== undefined) return printNotice(`Exported ${formatCount(yaml.objects, "object")}.`);
      printNotice(`Exported ${describeCounts(counts)}.`);
      if (options.secrets)
        printNotice("The file has secrets, such as hashes of passwords. Keep it as safe as the store.");
    } finally {
      await store.close();
    }
  });
};

const describeCounts = ({ objects, tombstones, versions, files }: ExportReport["counts"]): string =>
  `${formatCount(objects, "object")}, ${formatCount(tombstones, "tombstone")}, ${formatCount(versions, "entry of a history", "entries of histories")} and ${formatCount(files, "file")}`;

/** Writes a file of kinto-wizard at the end, as a whole. */
const toLineWriter = (yaml: YamlWriter): LineWriter => ({
  write: async (text) => {
    const line = parseLine(text);
    yaml.add(line);
    if ("end" in line) yaml.end();
  },
  isFull: false,
  flush: async () => 0,
  close: () => undefined,
});
