import { hash } from "node:crypto";
import type { AppContext } from "../../app/app-context.ts";
import type { Version, VersionedBucket, Versions } from "../../core/ports/versions.ts";
import { newGeneration, type ObjectRef } from "../../core/resources.ts";
import { type TransactionContext, transact } from "../../core/store/transact.ts";
import { readsOf } from "../../core/store/view.ts";
import { IMPORT_USER } from "../../core/transfer/tally.ts";
import { versionedBucket } from "../../core/versions/create-versions.ts";
import type { VersionLine } from "./lines.ts";

/** Versions that are written at a time. */
export const MAX_VERSIONS = 50;

/**
 * Writes entries of histories, all of one bucket. Each object that is here gets a further entry at the revision of the import,
 * so that later changes continue the history.
 * @returns the number of entries whose bucket does not exist here
 */
export const importVersions = async (
  app: AppContext,
  transactions: TransactionContext,
  lines: readonly VersionLine[],
): Promise<number> => {
  const versions = await app.versions.open();
  const found = lines.flatMap((line) => {
    const ref = app.config.resources.parseUri(line.version);
    return ref === undefined ? [] : [{ line, ref }];
  });
  const refs = [...new Map(found.map(({ ref }) => [ref.uri, ref])).values()];
  const plan = {
    objects: refs,
    parents: refs.flatMap((ref) => readsOf(ref).parents),
    clocks: [],
    writes: [],
  };
  const prepared = await transact(transactions, plan, ({ view }) =>
    found.flatMap(({ line, ref }): Version[] => {
      const bucket = versionedBucket(view, ref);
      if (bucket === undefined) return [];
      const parentGeneration = line.parent ?? view.parentGeneration(ref.list) ?? toEndedGeneration(ref);
      const stored = line.parent === undefined ? view.stored(ref) : undefined;
      const isPresent =
        stored?.parentGeneration === parentGeneration &&
        stored.last_modified === line.last_modified &&
        !stored.deleted &&
        line.action !== "delete";
      const own = line.own === true ? (view.object(ref)?.ownGeneration ?? newGeneration()) : line.own;
      const version: Version = {
        bucket,
        uri: ref.uri,
        revision: line.revision,
        resourceName: ref.resourceName,
        action: line.action,
        user: line.user,
        date: line.date,
        last_modified: line.last_modified,
        replaced: line.replaced,
        json: line.data === null ? "" : JSON.stringify(line.data),
        acl: line.permissions,
        parentGeneration,
        ...(own !== undefined && { ownGeneration: own }),
      };
      if (!isPresent || stored.revision === line.revision) return [version];
      const replaced = { revision: line.revision, existed: true };
      const { revision } = stored;
      return [version, { ...version, revision, action: "update", user: IMPORT_USER, date: revision, replaced }];
    }),
  );
  await versions.put(await addDeletedData(versions, prepared));
  return found.length === 0 || prepared.length > 0 ? 0 : lines.length;
};

/** The generation of what is known of a parent that does not exist any more: the same in each run. */
const toEndedGeneration = ({ list }: ObjectRef): string => hash("sha256", `ended ${list.uri}`).slice(0, 20);

/** Adds the data that deletions have removed, if a file does not show it: that of the version before. */
const addDeletedData = async (versions: Versions, prepared: readonly Version[]): Promise<readonly Version[]> => {
  const newest = new Map<string, Version>();
  /** By key: one call must not write a key twice. */
  const complete = new Map<string, Version>();
  for (const version of prepared) {
    const { bucket, uri, revision, replaced, last_modified } = version;
    let whole = version;
    if (version.json === "") {
      const before = newest.get(uri) ?? (await readVersion(versions, bucket, replaced.revision, uri));
      const shown = JSON.stringify({ id: uri.slice(uri.lastIndexOf("/") + 1), last_modified });
      whole = { ...version, json: before?.json ?? shown, acl: before?.acl ?? {} };
    }
    newest.set(uri, whole);
    complete.set(`${revision} ${uri}`, whole);
  }
  return [...complete.values()];
};

const readVersion = async (versions: Versions, bucket: VersionedBucket, revision: number, uri: string) =>
  (await versions.get(bucket, [{ revision, uri }])).versions[0];
