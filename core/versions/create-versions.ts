import type { Change } from "../ports/store.ts";
import type { ReplacedVersion, Version, VersionedBucket } from "../ports/versions.ts";
import { ancestors, type ObjectRef } from "../resources.ts";
import { generationOf, type View } from "../store/view.ts";
import { keepsVersions, type VersionPolicy } from "./policy.ts";

/** Returns the bucket of an object as its versions are kept by; `undefined` if it does not exist, or is no bucket. */
export const versionedBucket = (view: View, ref: ObjectRef): VersionedBucket | undefined => {
  const bucket = ancestors(ref).at(-1) ?? ref;
  const head = bucket.resourceName === "bucket" ? view.head(bucket) : undefined;
  return head && { uri: bucket.uri, generation: generationOf(head) };
};

/**
 * Returns the versions that changes make. A bucket that is deleted has none any more. @param date in epoch ms
 */
export const createVersions = (
  policy: VersionPolicy,
  view: View,
  changes: readonly Change[],
  date: number,
): readonly Version[] =>
  changes.flatMap((change) => {
    const { ref, before, after } = change;
    if (policy.excludedUsers.includes(after.changedBy) || !keepsVersions(policy, ref)) return [];
    const bucket = versionedBucket(view, ref);
    const replaced = replacedBy(change);
    // An object that was created and deleted in the same transaction.
    if (bucket === undefined || (after.deleted && !replaced.existed)) return [];
    const content = after.deleted && before !== undefined ? before : after;
    const { json, acl, ownGeneration } = content;
    return {
      bucket,
      uri: ref.uri,
      revision: after.revision,
      resourceName: ref.resourceName,
      action: after.deleted ? "delete" : replaced.existed ? "update" : "create",
      user: after.changedBy,
      date,
      last_modified: after.last_modified,
      replaced,
      json,
      acl,
      parentGeneration: after.parentGeneration,
      ...(ownGeneration !== undefined && { ownGeneration }),
    } satisfies Version;
  });

const replacedBy = ({ ref, before, after }: Change): ReplacedVersion => {
  // A bucket that was deleted and created again in one transaction has a history of its own.
  const isNewBucket = ref.resourceName === "bucket" && before?.ownGeneration !== after.ownGeneration && !after.deleted;
  return before === undefined || before.parentGeneration !== after.parentGeneration || isNewBucket
    ? { revision: 0, existed: false }
    : { revision: before.revision, existed: !before.deleted };
};
