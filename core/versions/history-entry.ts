import { createHash } from "node:crypto";
import type { JsonObject } from "../../lib/json.ts";
import { toObjectFields } from "../events/change.ts";
import { EVERYONE } from "../permissions/principals.ts";
import type { Version, VersionKey } from "../ports/versions.ts";
import type { ObjectRef, Resources } from "../resources.ts";

/** The fields of entries that queries may use. Ids are named after the resources. */
export const entryFields = ({ all }: Resources): readonly string[] => [
  ...["id", "last_modified", "action", "date", "user_id", "uri", "resource_name", "target"],
  ...all.map(({ name }) => `${name}_id`),
];

/**
 * Returns a version as an entry of Kinto's history. @param data the data as the user sees it; ignored for a deletion
 */
export const toHistoryEntry = (version: Version, ref: ObjectRef, data: JsonObject): JsonObject => {
  const { revision, last_modified, action, date, user, acl } = version;
  const isDeleted = action === "delete";
  const { bucket_id: _, ...ids } = toObjectFields(ref) as JsonObject;
  return {
    id: toEntryId(version),
    last_modified: revision,
    action,
    date: new Date(date).toISOString().replace("Z", "000+00:00"),
    user_id: user === EVERYONE ? null : user,
    ...ids,
    // As in Kinto, only entries of the bucket itself have its id.
    ...(ref.resourceName === "bucket" && { bucket_id: ref.id }),
    target: {
      data: isDeleted ? { id: ref.id, last_modified, deleted: true } : data,
      permissions: isDeleted ? {} : Object.fromEntries(Object.entries(acl).map(([name, users]) => [name, [...users]])),
    },
  };
};

/** Returns the id of a version's entry, in the form of a UUID. */
export const toEntryId = ({ bucket, revision, uri }: VersionKey & Pick<Version, "bucket">): string => {
  const hex = createHash("sha256").update(`${bucket.generation} ${revision} ${uri}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
};
