import type { AppContext } from "../../app/app-context.ts";
import type { Transfers } from "../../app/plugins/transfers.ts";
import { type Generation, type ListRef, objectRef, parseListUri, ROOT_GENERATION } from "../../core/resources.ts";
import { generationOf, parseData } from "../../core/store/view.ts";
import { addVersion, Tally, type TallyReport } from "../../core/transfer/tally.ts";

/** A list that is not the same in both stores. */
export interface ListDifference {
  readonly list: string;
  readonly source: TallyReport;
  /** `undefined` if this store does not have the list. */
  readonly here: TallyReport | undefined;
}

const PAGE_SIZE = 50;
const HISTORY = "/history";

/**
 * Compares lists of a file with those of the store by numbers and checksums of their objects and tombstones.
 *
 * @param lists what the other store has
 * @param includes whether a top-level object is compared
 */
export const compareLists = async (
  app: AppContext,
  transfers: Transfers,
  lists: ReadonlyMap<string, TallyReport>,
  includes: (id: string) => boolean,
  signal: AbortSignal,
): Promise<readonly ListDifference[]> => {
  const differences: ListDifference[] = [];
  for (const [list, source] of lists) {
    signal.throwIfAborted();
    const here = await tallyList(app, transfers, list, includes);
    if (here === undefined ? source.objects + source.tombstones > 0 : !isEqual(source, here))
      differences.push({ list, source, here });
  }
  return differences;
};

const isEqual = (a: TallyReport, b: TallyReport): boolean =>
  a.objects === b.objects &&
  a.checksum === b.checksum &&
  a.tombstones === b.tombstones &&
  a.tombstone_checksum === b.tombstone_checksum;

const tallyList = async (
  app: AppContext,
  transfers: Transfers,
  uri: string,
  includes: (id: string) => boolean,
): Promise<TallyReport | undefined> => {
  const list = parseListUri(app.config.resources, uri);
  if (list === undefined) return uri.endsWith(HISTORY) ? tallyHistory(app, uri.slice(0, -HISTORY.length)) : undefined;
  const parentGeneration = await readGeneration(app, list);
  if (parentGeneration === undefined) return undefined;
  const tally = new Tally();
  let after: string | undefined;
  do {
    const { objects, next } = await app.store.walk(list, {
      parentGeneration,
      after,
      limit: PAGE_SIZE,
      tombstones: true,
    });
    for (const [id, { deleted, last_modified, acl, json }] of objects) {
      if (list.parent === null && !includes(id)) continue;
      const ref = objectRef(list, id);
      const data = deleted ? undefined : (await transfers.pack(ref, parseData({ json }))).data;
      tally.add({ id, last_modified, data, permissions: acl });
    }
    after = next;
  } while (after !== undefined);
  return tally.report;
};

const readGeneration = async ({ store }: AppContext, { parent }: ListRef): Promise<Generation | undefined> => {
  if (parent === null) return ROOT_GENERATION;
  const stored = (await store.read({ objects: [parent], clocks: [] })).objects.get(parent.uri);
  return stored === undefined || stored.deleted ? undefined : generationOf(stored);
};

const tallyHistory = async (app: AppContext, uri: string): Promise<TallyReport | undefined> => {
  const ref = app.config.resources.parseUri(uri);
  const stored = ref && (await app.store.read({ objects: [ref], clocks: [] })).objects.get(uri);
  if (stored === undefined || stored.deleted || app.versions.policy === undefined) return undefined;
  const versions = await app.versions.open();
  const tally = new Tally();
  let page: Awaited<ReturnType<typeof versions.list>> | undefined;
  do {
    const after = page?.next;
    page = await versions.list(
      { uri, generation: generationOf(stored) },
      { descending: false, after, limit: PAGE_SIZE },
    );
    for (const version of page.versions) addVersion(tally, version);
  } while (page.next !== undefined);
  return tally.report;
};
