import { Failure, invalid } from "../errors.ts";
import { queryIssue } from "../lists/query-parameters.ts";
import type { StoredObject } from "../ports/store.ts";
import type { Version, VersionedBucket, VersionKey, Versions } from "../ports/versions.ts";
import type { Generation, ObjectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";

/** A bucket at a time. */
export interface Past {
  readonly versions: Versions;
  readonly bucket: VersionedBucket;
  /** In ms. Changes at this time are included. */
  readonly at: number;
  readonly budget: ReadBudget;
}

/** A generation of a list's parent, and whether the parent still has it. */
export interface PastGeneration {
  readonly generation: Generation;
  readonly isCurrent: boolean;
}

/** Objects whose versions are read at a time. */
export const OBJECTS_PER_READ = 25;
/** Versions of one object that are looked through. */
export const MAX_VERSIONS_PER_OBJECT = 1000;

/** Returns a version as the table would store it. */
export const toStored = (version: Version): StoredObject => {
  const { action, last_modified, revision, json, acl, user, parentGeneration, ownGeneration } = version;
  const deleted = action === "delete";
  return {
    json: deleted ? JSON.stringify({ id: idOf(version), last_modified, deleted: true }) : json,
    last_modified: deleted ? last_modified : Number(JSON.parse(json).last_modified),
    revision,
    deleted,
    acl: deleted ? {} : acl,
    changedBy: user,
    parentGeneration,
    ...(ownGeneration !== undefined && { ownGeneration }),
  };
};

export const idOf = ({ uri }: VersionKey): string => uri.slice(uri.lastIndexOf("/") + 1);

/** The error of a version that is not kept. */
export const notKept = async ({ versions, bucket, at }: Past, ref: ObjectRef): Promise<Failure> => {
  const { found } = await versions.find(bucket, { list: ref.list.uri, id: ref.id }, { limit: MAX_VERSIONS_PER_OBJECT });
  const first = found.toSorted((a, b) => a.revision - b.revision).at(0);
  return invalid(
    queryIssue(
      "_at",
      first === undefined
        ? `${ref.uri} has changed since ${at}, and no version of it is kept.`
        : `The version of ${ref.uri} at ${at} is not kept. Its first version in the history is that of ${first.revision}.`,
    ),
  );
};

/** Throws a 413 if nothing more may be read. */
export const requireBudget = (budget: ReadBudget): void => {
  if (budget.isSpent) throw tooMuch(`a request may read ${budget.description}`);
};

export const tooMuch = (limit: string): Failure =>
  new Failure("REQUEST_TOO_LARGE", {
    message: `Too much has changed since the time in _at: ${limit}. Ask for single objects, or for a later time.`,
  });
