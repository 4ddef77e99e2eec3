import type { AppContext } from "../../app/app-context.ts";
import { type AppOptions, closeApp, createAppContext } from "../../app/create-app-context.ts";
import { openTransfers, type PackedParts, type Transfers } from "../../app/plugins/transfers.ts";
import { VERSION } from "../../app/version.ts";
import { UserError } from "../../config/user-error.ts";
import type { Acl, StoredObject } from "../../core/ports/store.ts";
import type { Version } from "../../core/ports/versions.ts";
import { ancestors, type ObjectRef, type Resource } from "../../core/resources.ts";
import { generationOf, parseData } from "../../core/store/view.ts";
import { addVersion, Tally } from "../../core/transfer/tally.ts";
import { type WalkPosition, type WalkStep, walkStore } from "../../core/transfer/walk-store.ts";
import type { LineWriter } from "./export-file.ts";
import { type ExportState, requireSameChoice } from "./export-state.ts";
import { type EndLine, FORMAT, type Line, type ObjectLine, type VersionLine } from "./lines.ts";
import type { StateFile } from "./state-file.ts";

export interface ExportOptions {
  readonly appOptions: AppOptions;
  /** Names the store on this machine: a file goes on with the same one only. */
  readonly store: string;
  /** Names the store in the file. */
  readonly description: string;
  /** Ids of buckets; everything when absent. */
  readonly buckets: readonly string[] | undefined;
  /** Whether hashes of passwords and the secret of user ids are exported. */
  readonly secrets: boolean;
  /** Opens the file. @param bytes where an earlier run continues */
  readonly openWriter: (bytes: number | undefined) => LineWriter;
  /** Where the state is kept; nowhere when absent. */
  readonly state: StateFile<ExportState> | undefined;
  readonly signal: AbortSignal;
  /** Called with the number of objects so far, and in the lists that were reached so far. */
  readonly progress: (objects: number, of: number) => void;
}

export interface ExportReport {
  readonly counts: EndLine["end"];
  /** Whether the export is complete. Otherwise it was stopped. */
  readonly isComplete: boolean;
}

/** Writes a store to a file of lines. Goes on where an earlier run with the same choice has stopped. */
export const exportStore = async (options: ExportOptions): Promise<ExportReport> => {
  const app = createAppContext(options.appOptions);
  try {
    return await runExport(app, options);
  } finally {
    await closeApp(app);
  }
};

const runExport = async (app: AppContext, options: ExportOptions): Promise<ExportReport> => {
  const { store, buckets, secrets, state, signal, progress } = options;
  const choice = { store, buckets: buckets ?? null, secrets };
  const begun = state?.read();
  if (state !== undefined && begun !== undefined) requireSameChoice(state.path, begun.choice, choice);
  if (begun === undefined && buckets !== undefined) await requireBuckets(app, buckets);
  const counts = { objects: 0, tombstones: 0, versions: 0, files: 0, ...begun?.counts };
  let total = counts.objects;
  const open = new Map(Object.entries(begun?.open ?? {}).map(([list, report]) => [list, new Tally(report)]));
  const transfers = await openTransfers(app);
  const readGeneration = createGenerationReader(app);
  const writer = options.openWriter(begun?.bytes);
  const write = (line: Line) => writer.write(JSON.stringify(line));
  const saveState = async (position: WalkPosition) => {
    const bytes = await writer.flush();
    const reports = Object.fromEntries([...open].map(([list, tally]) => [list, tally.report]));
    state?.write({ position, bytes, open: reports, counts, choice });
  };
  const tallyOf = (list: string): Tally => {
    const tally = open.get(list) ?? new Tally();
    open.set(list, tally);
    return tally;
  };
  const endList = async (list: string) => {
    await write({ list, ...tallyOf(list).report });
    open.delete(list);
  };
  /** Writes the lines of one step. */
  const writeStep = async (step: WalkStep): Promise<void> => {
    if (step.kind === "list") return endList(step.list.uri);
    if (step.kind === "history") return endList(`${step.bucket.uri}/history`);
    if (step.kind === "version") {
      counts.versions++;
      addVersion(tallyOf(`${step.version.bucket.uri}/history`), step.version);
      return write(await toVersionLine(app, readGeneration, step.version));
    }
    const { ref, stored } = step;
    if (stored.deleted) {
      counts.tombstones++;
      const { last_modified, changedBy } = stored;
      tallyOf(ref.list.uri).add({ id: ref.id, last_modified, data: undefined, permissions: {} });
      return write({ tombstone: ref.uri, last_modified, user: changedBy });
    }
    const { line, parts } = await toObjectLine(transfers, ref, stored, secrets);
    counts.objects++;
    const { data, permissions = {} } = line;
    tallyOf(ref.list.uri).add({ id: ref.id, last_modified: stored.last_modified, data, permissions });
    await write(line);
    for (const [plugin, { file }] of Object.entries(parts)) {
      if (file === undefined) continue;
      counts.files++;
      for await (const part of file.read()) {
        await write({ content: Buffer.from(part).toString("base64"), plugin });
        if (writer.isFull) await writer.flush();
      }
    }
  };

  try {
    if (begun === undefined) await writeStart(app, options, write);
    const walk = {
      store: app.store,
      // Of other top-level lists there are none in a choice of buckets.
      resources: {
        top: app.config.resources.top.filter(({ resource }) => buckets === undefined || isBucket(resource)),
      },
      versions: app.versions.policy === undefined ? undefined : await app.versions.open(),
      includes: ({ id }: ObjectRef) => buckets === undefined || buckets.includes(id),
      onListCount: (count: number) => {
        total += count;
      },
      startAt: begun?.position ?? [],
    };
    for await (const step of walkStore(walk)) {
      await writeStep(step);
      progress(counts.objects, Math.max(total, counts.objects));
      if (signal.aborted) {
        await saveState(step.position);
        return { counts, isComplete: false };
      }
      if (writer.isFull) await saveState(step.position);
    }
    await write({ end: counts });
    await writer.flush();
    state?.remove();
    return { counts, isComplete: true };
  } finally {
    writer.close();
  }
};

/** Throws a {@link UserError} if a chosen bucket does not exist. */
const requireBuckets = async ({ store, config }: AppContext, ids: readonly string[]): Promise<void> => {
  const refs = ids.map((id) => ({ id, ref: config.resources.parseUri(`/buckets/${id}`) }));
  const objects = refs.flatMap(({ ref }) => (ref === undefined ? [] : [ref]));
  const stored = await store.read({ objects, clocks: [] });
  for (const { id, ref } of refs)
    if (ref === undefined || stored.objects.get(ref.uri)?.deleted !== false)
      throw new UserError([`There is no bucket '${id}' in the store. Check --bucket.`]);
};

const isBucket = ({ name }: Resource): boolean => name === "bucket";

const writeStart = async (
  app: AppContext,
  { description, buckets, secrets }: ExportOptions,
  write: (line: Line) => Promise<void>,
): Promise<void> => {
  const exported = new Date(app.now()).toISOString();
  await write({
    kintoun_export: FORMAT,
    version: VERSION,
    store: description,
    exported,
    ...(buckets && { buckets: [...buckets] }),
  });
  // With it, others can compute ids of users from their names and passwords, so single buckets move without it.
  if (secrets && buckets === undefined && usesUserIdSecret(app))
    await write({
      secret: "userid_hmac_secret",
      value: app.config.useridHmacSecret ?? (await app.store.getSecret("userid_hmac_secret")),
    });
};

/** Whether ids of users or buckets are made with the store's secret. */
export const usesUserIdSecret = ({ config }: Pick<AppContext, "config">): boolean =>
  config.plugins.some(({ needs }) => Object.values(needs).some(({ kind }) => kind === "store-secret"));

const toObjectLine = async (
  transfers: Transfers,
  ref: ObjectRef,
  stored: StoredObject,
  secrets: boolean,
): Promise<{ readonly line: ObjectLine; readonly parts: PackedParts }> => {
  const { data, parts } = await transfers.pack(ref, parseData(stored));
  const plugins = Object.fromEntries(
    Object.entries(parts).map(([plugin, { extra, file }]) => [
      plugin,
      {
        ...(secrets && extra && { extra }),
        ...(file && { file: { bytes: file.bytes, sha256: file.sha256 } }),
      },
    ]),
  );
  const line = {
    object: ref.uri,
    data,
    permissions: copyAcl(stored.acl),
    user: stored.changedBy,
    ...(Object.keys(plugins).length > 0 && { plugins }),
  };
  return { line, parts };
};

/** Containers whose generations are remembered. */
const MAX_REMEMBERED = 1000;

/** Returns a function that reads the present generation of an object with children; `undefined` if it does not exist. */
const createGenerationReader = ({ store }: AppContext) => {
  const known = new Map<string, string | undefined>();
  return async (ref: ObjectRef): Promise<string | undefined> => {
    if (!known.has(ref.uri)) {
      if (known.size >= MAX_REMEMBERED) known.clear();
      const stored = (await store.read({ objects: [ref], clocks: [] })).objects.get(ref.uri);
      known.set(ref.uri, stored === undefined || stored.deleted ? undefined : generationOf(stored));
    }
    return known.get(ref.uri);
  };
};

/** Leaves out the generations that exist: another store has its own. */
const toVersionLine = async (
  { config }: AppContext,
  readGeneration: ReturnType<typeof createGenerationReader>,
  version: Version,
): Promise<VersionLine> => {
  const { uri, revision, action, user, date, last_modified, replaced, parentGeneration, ownGeneration } = version;
  const ref = config.resources.parseUri(uri);
  const parent = ref && ancestors(ref)[0];
  const isPresentParent = parent === undefined || (await readGeneration(parent)) === parentGeneration;
  const isPresent = ref !== undefined && ownGeneration !== undefined && (await readGeneration(ref)) === ownGeneration;
  return {
    version: uri,
    revision,
    action,
    user,
    date,
    last_modified,
    replaced: { ...replaced },
    data: parseData(version),
    permissions: copyAcl(version.acl),
    ...(!isPresentParent && { parent: parentGeneration }),
    ...(ownGeneration !== undefined && { own: isPresent ? (true as const) : ownGeneration }),
  };
};

const copyAcl = (acl: Acl): Record<string, string[]> =>
  Object.fromEntries(Object.entries(acl).map(([name, principals]) => [name, [...principals]]));
