import type { AppContext } from "../../app/app-context.ts";
import type { Version, VersionedBucket, Versions } from "../../core/ports/versions.ts";
import { newGeneration } from "../../core/resources.ts";
import { type TransactionContext, transact } from "../../core/store/transact.ts";
import { readsOf } from "../../core/store/view.ts";
import { versionedBucket } from "../../core/versions/create-versions.ts";
import type { VersionLine } from "./lines.ts";

/** Versions that are written at a time. */
export const MAX_VERSIONS = 50;

/**
 * Writes entries of histories, all of one bucket. The newest entry of each object gets the revision that the object has
 * here, so that it joins on to later changes.
 * @returns the number of entries whose objects or parents do not exist here
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
      const parentGeneration = line.parent ?? view.parentGeneration(ref.list);
      if (bucket === undefined || parentGeneration === undefined) return [];
      const stored = line.parent === undefined ? view.stored(ref) : undefined;
      const isPresent =
        stored?.parentGeneration === parentGeneration &&
        stored.last_modified === line.last_modified &&
        stored.deleted === (line.action === "delete");
      const own = line.own === true ? (view.object(ref)?.ownGeneration ?? newGeneration()) : line.own;
      return [
        {
          bucket,
          uri: ref.uri,
          revision: isPresent ? stored.revision : line.revision,
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
        },
      ];
    }),
  );
  await versions.put(await addDeletedData(versions, prepared));
  return lines.length - prepared.length;
};

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
