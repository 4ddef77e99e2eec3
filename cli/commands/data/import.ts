import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { AppOptions } from "../../../app/create-app-context.ts";
import { loadConfig } from "../../../config/load-config.ts";
import { UserError } from "../../../config/user-error.ts";
import { openLineReader } from "../../../operations/transfer/export-file.ts";
import { type ImportReport, importStore } from "../../../operations/transfer/import-store.ts";
import { createKintoClient } from "../../../operations/transfer/kinto/kinto-client.ts";
import { openKintoProgress, parseKnownLists } from "../../../operations/transfer/kinto/kinto-progress.ts";
import { readPermissionsFile } from "../../../operations/transfer/kinto/permissions-file.ts";
import { readKinto } from "../../../operations/transfer/kinto/read-kinto.ts";
import type { Line } from "../../../operations/transfer/lines.ts";
import { readExport } from "../../../operations/transfer/read-export.ts";
import { openStateFile } from "../../../operations/transfer/state-file.ts";
import { readStoreId } from "../../../operations/transfer/store-id.ts";
import { isYaml, readYaml } from "../../../operations/transfer/yaml-file.ts";
import { connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions, type StoreTarget } from "../../options.ts";
import { commandLog, createProgress, formatColumns, formatCount, print, printNotice } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";
import { describeTarget } from "./describe-target.ts";
import { toFileKey, toKintoKey } from "./import-key.ts";

export interface ImportCommandOptions extends StoreOptions {
  readonly from?: string;
  readonly auth?: string;
  readonly permissions?: string;
  readonly bucket?: readonly string[];
  readonly dryRun?: boolean;
  readonly events?: boolean;
  readonly json?: boolean;
}

/** Differences that are shown. */
const MAX_SHOWN = 20;
/** The exit code when both stores differ, or when entries were refused. */
const DIFFERENT = 3;

/** Runs `kintoun import`. */
export const runImport = async (file: string | undefined, options: ImportCommandOptions): Promise<void> => {
  const { from } = options;
  if ((file === undefined) === (from === undefined))
    throw new UserError(["Give either the file of an export, or --from with the URL of a Kinto server."]);
  const target = readStoreTarget(options);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  await runUntilDone(async (signal) => {
    const store = await connect({ config, target, queues: [], log: commandLog });
    // Whether an earlier run has imported something is known per store and choice.
    const choice = options.dryRun ? undefined : await describeChoice(store.appOptions, target, options);
    const source = from === undefined ? openFile(file ?? "-", choice) : openKinto(from, choice, options, signal);
    const progress = createProgress(source.bytesRead === undefined ? "objects" : "bytes");
    try {
      const report = await importStore({
        appOptions: store.appOptions,
        lines: source.lines,
        skippedLines: source.skippedLines,
        buckets: options.bucket,
        events: options.events === true,
        isDryRun: options.dryRun === true,
        signal,
        progress: (objects) => progress.step(source.bytesRead?.() ?? objects, source.size),
        onNotice: printNotice,
        onCheckpoint: source.onCheckpoint,
      });
      if (source.bytesRead !== undefined) progress.end(source.bytesRead(), source.size);
      if (report.isComplete) source.end();
      printReport(report, options);
      if (report.differences.length > 0 || report.counts.refused > 0) process.exitCode = DIFFERENT;
    } finally {
      await store.close();
    }
  });
};

/** Where lines come from, and how far they are imported. */
interface ImportSource {
  readonly lines: AsyncIterable<Line>;
  readonly skippedLines: number;
  /** How much of a file was read, and its size. */
  readonly bytesRead?: () => number;
  readonly size?: number | undefined;
  readonly onCheckpoint: (lines: number) => void;
  /** Forgets how far it was. */
  readonly end: () => void;
}

/** Describes what decides which lines an earlier run has imported, and to where. */
const describeChoice = async (
  appOptions: AppOptions,
  target: StoreTarget,
  { bucket, events = false }: ImportCommandOptions,
): Promise<string> =>
  JSON.stringify([describeTarget(target), await readStoreId(appOptions), bucket?.toSorted() ?? null, events]);

/** @param choice nothing is remembered when absent */
const openFile = (file: string, choice: string | undefined): ImportSource => {
  requireFile(file);
  const state = file === "-" || isYaml(file) || choice === undefined ? undefined : openImportState(file, choice);
  return {
    ...openLines(file),
    skippedLines: state?.read() ?? 0,
    onCheckpoint: (lines) => state?.write(lines),
    end: () => state?.remove(),
  };
};

/** Opens an export or a YAML file of kinto-wizard. */
const openLines = (file: string): Pick<ImportSource, "lines" | "bytesRead" | "size"> => {
  if (isYaml(file)) return { lines: toAsync(readYaml(file)) };
  const { lines, size, bytesRead } = openLineReader(file);
  return { lines: readExport(file, lines), ...(size !== undefined && { bytesRead, size }) };
};

/** Throws a {@link UserError} if a file does not exist, or is a folder. */
export const requireFile = (file: string): void => {
  if (file === "-") return;
  if (!existsSync(file)) throw new UserError([`There is no file ${resolve(file)}. Check its name.`]);
  if (statSync(file).isDirectory())
    throw new UserError([`${resolve(file)} is a folder. Give the name of a file in it.`]);
};

/** Imports a file into a store that has just started. Existing objects are kept. @returns what was done */
export const importSeed = async (appOptions: AppOptions, file: string, signal: AbortSignal): Promise<string> => {
  const { counts } = await importStore({
    appOptions,
    lines: openLines(file).lines,
    skippedLines: 0,
    buckets: undefined,
    events: false,
    isDryRun: false,
    signal,
    progress: () => {},
    onNotice: printNotice,
    onCheckpoint: () => {},
  });
  return describeCounts(counts);
};

const openKinto = (
  url: string,
  choice: string | undefined,
  { auth, bucket, permissions }: ImportCommandOptions,
  signal: AbortSignal,
): ImportSource => {
  if (permissions !== undefined) requireFile(permissions);
  const stateFile = (key: string) => openStateFile(`kinto-import-${key.slice(0, 8)}.state`, parseKnownLists);
  const progress = openKintoProgress(
    choice === undefined ? undefined : stateFile(toKintoKey({ url, auth, permissions }, choice)),
  );
  const authorization =
    auth === undefined || auth.startsWith("Bearer ") ? auth : `Basic ${Buffer.from(auth).toString("base64")}`;
  const source = {
    client: createKintoClient({ url, authorization, signal, onNotice: printNotice }),
    buckets: bucket,
    permissions: permissions === undefined ? undefined : readPermissionsFile(permissions),
    known: progress.known,
    onList: progress.onList,
    onNotice: printNotice,
  };
  return {
    lines: progress.count(readKinto(source)),
    skippedLines: 0,
    onCheckpoint: progress.onCheckpoint,
    end: progress.end,
  };
};

/** Remembers the number of imported lines of a file, for one store and choice. */
const openImportState = (file: string, choice: string) => {
  const key = toFileKey(file, choice);
  const stateFile = openStateFile(`${file}.import-state`, (value) => value as ImportState);
  return {
    read: (): number => {
      const state = stateFile.read();
      return state?.key === key ? state.lines : 0;
    },
    write: (lines: number): void => stateFile.write({ key, lines }),
    remove: stateFile.remove,
  };
};

interface ImportState {
  readonly key: string;
  readonly lines: number;
}

async function* toAsync(lines: Iterable<Line>): AsyncGenerator<Line> {
  yield* lines;
}

const printReport = (report: ImportReport, { dryRun = false, json = false }: ImportCommandOptions) => {
  if (json) return print(JSON.stringify({ dry_run: dryRun, ...report }));
  const { counts, isComplete, compared, differences } = report;
  print(`${dryRun ? "It would be: " : ""}${describeCounts(counts)}`);
  if (!isComplete) return printNotice("Stopped. Run the command again to continue.");
  if (dryRun || compared === 0) return;
  if (differences.length === 0) return print(`Compared ${compared} lists: both stores are equal.`);
  print(`Compared ${compared} lists: ${differences.length} differ.`);
  print(
    formatColumns([
      ["list", "objects there", "here", "tombstones there", "here"],
      ...differences
        .slice(0, MAX_SHOWN)
        .map(({ list, source, here }) => [
          list,
          source.objects,
          here?.objects ?? "-",
          source.tombstones,
          here?.tombstones ?? "-",
        ]),
    ]),
  );
  if (differences.length > MAX_SHOWN) print(`… and ${differences.length - MAX_SHOWN} more; --json prints all.`);
  printNotice("Lists differ where this store has objects of its own or later changes, and where entries were refused.");
};

const describeCounts = (counts: ImportReport["counts"]): string =>
  Object.entries(counts)
    .flatMap(([kind, count]) => (count === 0 ? [] : [formatCount(count, ...(WORDS[kind] ?? [kind, kind]))]))
    .join(", ") || "nothing to import";

/** Words for one and for several, where they are not the name of the count. */
const WORDS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  newer: ["with a later change here", "with a later change here"],
  files: ["file", "files"],
  versions: ["entry of a history", "entries of histories"],
};
