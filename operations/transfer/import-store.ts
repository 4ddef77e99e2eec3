import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppContext } from "../../app/app-context.ts";
import { type AppOptions, closeApp, createAppContext } from "../../app/create-app-context.ts";
import { openTransfers, type ReceivedParts } from "../../app/plugins/transfers.ts";
import { UserError } from "../../config/user-error.ts";
import type { ListRef } from "../../core/resources.ts";
import { MAX_IMPORTED_BYTES, MAX_IMPORTED_ENTRIES } from "../../core/transfer/import-entries.ts";
import type { TallyReport } from "../../core/transfer/tally.ts";
import { compareLists, type ListDifference } from "./compare-stores.ts";
import { createRepetitionFinder, findDataIssue } from "./entry-issues.ts";
import { usesUserIdSecret } from "./export-store.ts";
import { type BatchContext, importBatch, type ReceivedEntry } from "./import-batch.ts";
import { createNotices, type Notices } from "./import-notices.ts";
import { importVersions, MAX_VERSIONS } from "./import-versions.ts";
import type { Header, Line, ListLine, ObjectLine, SecretLine, TombstoneLine, VersionLine } from "./lines.ts";
import { type ReceivedFiles, receiveFiles } from "./received-files.ts";

/** What was done about the entries of a file. */
interface ImportCounts {
  created: number;
  updated: number;
  unchanged: number;
  /** Entries that have a later change here, which stays. */
  newer: number;
  refused: number;
  files: number;
  versions: number;
}

export interface ImportOptions {
  readonly appOptions: AppOptions;
  /** The lines of a file, from its beginning. */
  readonly lines: AsyncIterable<Line>;
  /** Lines that an earlier run has imported. */
  readonly skippedLines: number;
  /** Ids of buckets; everything when absent. */
  readonly buckets: readonly string[] | undefined;
  /** Whether all listeners receive the changes. Otherwise only those with `imports` do. */
  readonly events: boolean;
  readonly isDryRun: boolean;
  readonly signal: AbortSignal;
  /** Called with the number of objects so far. */
  readonly progress: (objects: number) => void;
  /** Called with each reason why something was left out or differs. */
  readonly onNotice: (text: string) => void;
  /** Called when all lines up to a number are imported. */
  readonly onCheckpoint: (lines: number) => void;
}

export interface ImportReport {
  readonly counts: Readonly<ImportCounts>;
  /** Whether the import has come to its end. Otherwise it was stopped. */
  readonly isComplete: boolean;
  /** The number of lists that were compared. */
  readonly compared: number;
  readonly differences: readonly ListDifference[];
}

/** Imports a file of lines into a store, and compares both at the end. Doing it again changes nothing. */
export const importStore = async (options: ImportOptions): Promise<ImportReport> => {
  const { appOptions, isDryRun } = options;
  // Plugins also run in a dry run, since they refuse entries. What they would do is left out.
  const app = createAppContext(isDryRun ? { ...appOptions, onSideEffect: () => undefined } : appOptions);
  const folder = await mkdtemp(join(tmpdir(), "kintoun-import-"));
  try {
    const run = () => runImport(app, options, folder);
    return await (options.events ? run() : app.provenances.run({ imported: true }, run));
  } finally {
    await rm(folder, { recursive: true, force: true });
    await closeApp(app);
  }
};

const runImport = async (app: AppContext, options: ImportOptions, folder: string): Promise<ImportReport> => {
  const { buckets, isDryRun, signal, progress, onNotice, onCheckpoint } = options;
  const counts: ImportCounts = { created: 0, updated: 0, unchanged: 0, newer: 0, refused: 0, files: 0, versions: 0 };
  const context: BatchContext = {
    app,
    transfers: await openTransfers(app),
    // The file has its own versions, and what hooks would do was done in the other store.
    transactions: { ...app.transactions, createVersions: undefined, onCommitted: undefined },
    planned: isDryRun ? new Set() : undefined,
  };
  const isRepeatedEntry = createRepetitionFinder();
  const lists = new Map<string, TallyReport>();
  const notices = createNotices(onNotice);
  let header: Header | undefined;
  let [lineNumber, isEnded] = [0, false];
  let batch: { readonly list: ListRef; entries: ReceivedEntry[]; bytes: number } | undefined;
  let versions: VersionLine[] = [];
  let receiving: ReceivedFiles | undefined;
  const missingBuckets = new Set(buckets);

  const isIncluded = (uri: string): boolean => {
    const id = uri.startsWith("/buckets/") ? uri.split("/")[2] : undefined;
    return buckets === undefined || (id !== undefined && buckets.includes(id));
  };

  const flush = async (): Promise<void> => {
    if (receiving !== undefined && batch !== undefined) {
      const last = batch.entries.at(-1);
      const parts = await receiving.finish();
      if (last !== undefined)
        batch.entries[batch.entries.length - 1] = { ...last, parts: mergeParts(last.parts, parts) };
      counts.files += Object.keys(parts).length;
    }
    if (batch !== undefined) {
      const { list, entries } = batch;
      for (const [index, outcome] of (await importBatch(context, list, entries)).entries()) {
        counts[outcome.kind]++;
        const uri = `${list.uri}/${entries[index]?.id}`;
        if (outcome.kind === "refused") notices.add("refused", `${uri} was refused: ${outcome.reason}`);
      }
      progress(counts.created + counts.updated + counts.unchanged + counts.newer + counts.refused);
    }
    if (versions.length > 0 && !isDryRun) {
      const missing = await importVersions(app, context.transactions, versions);
      if (missing > 0) notices.add("versions", `${missing} entries of a history have no bucket here.`);
      counts.versions += versions.length - missing;
    }
    await receiving?.remove();
    [batch, versions, receiving] = [undefined, [], undefined];
    onCheckpoint(lineNumber);
  };

  const addEntry = async (line: ObjectLine | TombstoneLine, size: number): Promise<void> => {
    const uri = "object" in line ? line.object : line.tombstone;
    const ref = app.config.resources.parseUri(uri);
    if (receiving !== undefined) await flush();
    if (ref === undefined) {
      counts.refused++;
      return notices.add("resource", `${uri} was refused: no active plugin has this resource, or the id is not valid.`);
    }
    const issue = "object" in line ? findDataIssue(ref.id, line.data) : undefined;
    if (issue !== undefined) {
      counts.refused++;
      return notices.add("refused", `${uri} was refused: ${issue}`);
    }
    const time = "object" in line ? line.data.last_modified : line.last_modified;
    const last_modified = time === undefined ? undefined : Number(time);
    if (isRepeatedEntry(ref.list.uri, ref.id, last_modified))
      notices.add(
        "repeated",
        `${uri} is in the file more than once with the same last_modified. The last of its entries counts.`,
      );
    const isFull =
      batch !== undefined && (batch.entries.length >= MAX_IMPORTED_ENTRIES || batch.bytes + size > MAX_IMPORTED_BYTES);
    const isRepeated = batch?.entries.some(({ id }) => id === ref.id);
    if (batch?.list.uri !== ref.list.uri || isFull || isRepeated || versions.length > 0) await flush();
    batch ??= { list: ref.list, entries: [], bytes: 0 };
    batch.bytes += size;
    if (!("object" in line)) {
      const { user } = line;
      batch.entries.push({ id: ref.id, data: undefined, permissions: {}, last_modified, user, parts: {} });
      return;
    }
    const { data, permissions, user, plugins = {} } = line;
    const own = Object.entries(plugins).filter(([plugin]) => context.transfers.has(plugin));
    for (const plugin of Object.keys(plugins))
      if (!context.transfers.has(plugin))
        notices.add(
          plugin,
          `What the plugin '${plugin}' has added to ${uri} is left out: the plugin is not active here.`,
        );
    const parts = Object.fromEntries(own.flatMap(([plugin, { extra }]) => (extra ? [[plugin, { extra }]] : [])));
    batch.entries.push({ id: ref.id, data, permissions, last_modified, user, parts });
    const files = Object.fromEntries(own.flatMap(([plugin, { file }]) => (file ? [[plugin, file]] : [])));
    if (Object.keys(files).length > 0) receiving = receiveFiles(folder, uri, files);
  };

  const addLine = async (line: Line, size: number): Promise<void> => {
    if ("kintoun_export" in line) return;
    if ("secret" in line) return isDryRun ? undefined : importSecret(app, line, notices);
    if ("content" in line) return receiving?.add(line);
    if ("list" in line || "end" in line) return;
    const uri = "object" in line ? line.object : "tombstone" in line ? line.tombstone : line.version;
    if (!isIncluded(uri)) {
      // What follows is the content of its files, and not of those before.
      if (receiving !== undefined) await flush();
      return;
    }
    if ("version" in line) {
      if (app.versions.policy === undefined)
        return notices.add("history", "Histories are left out: the plugin history is not active here.");
      if (
        batch !== undefined ||
        versions.length >= MAX_VERSIONS ||
        (versions[0] !== undefined && bucketOf(versions[0].version) !== bucketOf(uri))
      )
        await flush();
      versions.push(line);
      return;
    }
    await addEntry(line, size);
  };

  for await (const line of options.lines) {
    if (signal.aborted) break;
    if ("kintoun_export" in line) header = line;
    if (header === undefined)
      throw new UserError(["The file does not begin as an export does. Create it by: kintoun export FILE"]);
    if ("list" in line && isComparable(line, buckets)) lists.set(line.list, line);
    if ("end" in line) isEnded = true;
    if ("object" in line) missingBuckets.delete(line.object.split("/")[2] ?? "");
    if (lineNumber >= options.skippedLines) await addLine(line, estimateBytes(line));
    lineNumber++;
  }
  // A file that was received in part is received again.
  if (signal.aborted) return { counts, isComplete: false, compared: 0, differences: [] };
  await flush();
  for (const id of missingBuckets) onNotice(`There is no bucket '${id}' to import. Check the id after --bucket.`);
  notices.end();
  if (!isEnded)
    throw new UserError(["The file is not complete: its last line is missing. Run the export again to complete it."]);
  if (isDryRun) return { counts, isComplete: true, compared: 0, differences: [] };
  const chosen = buckets ?? header?.buckets;
  if (app.versions.policy === undefined)
    for (const uri of [...lists.keys()]) if (uri.endsWith("/history")) lists.delete(uri);
  const includes = (id: string) => chosen === undefined || chosen.includes(id);
  const differences = await compareLists(app, context.transfers, lists, includes, signal);
  return { counts, isComplete: true, compared: lists.size, differences };
};

const bucketOf = (uri: string): string => uri.split("/", 3).join("/");

const mergeParts = (one: ReceivedParts, other: ReceivedParts): ReceivedParts =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((plugin) => [
      plugin,
      { ...one[plugin], ...other[plugin] },
    ]),
  );

/** The size of an entry in a transaction, roughly. */
const estimateBytes = (line: Line): number =>
  "object" in line ? Buffer.byteLength(JSON.stringify([line.data, line.permissions])) : 0;

/** Whether a list has just what is imported of it: a choice of buckets leaves out parts of top-level lists. */
const isComparable = ({ list }: ListLine, buckets: readonly string[] | undefined): boolean =>
  buckets === undefined || buckets.some((id) => list.startsWith(`/buckets/${id}/`));

/** Takes over the secret that ids of users are made with, unless this store has one. */
const importSecret = async (app: AppContext, { secret, value }: SecretLine, notices: Notices): Promise<void> => {
  if (!usesUserIdSecret(app)) return;
  const present = app.config.useridHmacSecret ?? (await app.store.addSecret(secret, value));
  if (present !== value)
    notices.add(
      "secret",
      "Ids of users of basic authentication and of default buckets are made with another secret here, so permissions name ids that no user has. Set KINTOUN_USERID_HMAC_SECRET to that of the other store.",
    );
};
