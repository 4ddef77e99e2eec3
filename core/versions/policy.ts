import { matchesAny } from "../../lib/util/matches-any.ts";
import { idsByResource, type ObjectRef } from "../resources.ts";

/** Which objects' versions are kept. */
export interface VersionPolicy {
  /** Bucket ids; `*` in an id matches any characters. All buckets when absent. */
  readonly buckets?: readonly string[] | undefined;
  /** Collection ids, likewise. */
  readonly collections?: readonly string[] | undefined;
  /** URIs of objects of which, and of whose content, no versions are kept. */
  readonly excludedObjects: readonly string[];
  /** Users whose changes make no versions. */
  readonly excludedUsers: readonly string[];
}

/** Whether versions of an object are kept, except those of excluded users. */
export const keepsVersions = ({ buckets, collections, excludedObjects }: VersionPolicy, ref: ObjectRef): boolean => {
  const { bucket, collection } = idsByResource(ref);
  return (
    bucket !== undefined &&
    matchesAny(buckets, bucket) &&
    (collection === undefined || matchesAny(collections, collection)) &&
    !excludedObjects.some((uri) => ref.uri === uri || ref.uri.startsWith(`${uri}/`))
  );
};
