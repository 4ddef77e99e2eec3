import type { SnapshotStore } from "../../core/ports/snapshots.ts";
import type { AwsConnection } from "../../lib/aws/connection.ts";
import { createS3Bucket } from "../../lib/aws/s3.ts";

/** Begin of all keys. */
export const SNAPSHOT_PREFIX = "search/";
/** Maximum size of a copy, compressed: what fits into the files of a function with room for others. */
const MAX_SNAPSHOT_BYTES = 128 * 1024 * 1024;
const DIGITS = 16;

/**
 * Keeps copies in a bucket. S3 lists keys in ascending order, so a key has the complement of the timestamp: the newest copy is
 * the first one. So nothing points to the newest copy, which writers would have to move forward one after another.
 */
export const createS3Snapshots = (connection: AwsConnection, bucket: string): SnapshotStore => {
  const client = createS3Bucket(connection, bucket);
  const keyPrefix = (index: string) => `${SNAPSHOT_PREFIX}${index}/`;
  return {
    put: (index, position, content) => client.put(`${keyPrefix(index)}${complement(position)}`, content),
    async getNewest(index, after = 0) {
      const [newest] = await client.list(keyPrefix(index), 1);
      return newest === undefined || toPosition(newest) <= after ? undefined : client.get(newest, MAX_SNAPSHOT_BYTES);
    },
    close: () => client.close(),
  };
};

const toPosition = (key: string): number => Number.MAX_SAFE_INTEGER - Number(key.slice(-DIGITS));

const complement = (position: number): string => String(Number.MAX_SAFE_INTEGER - position).padStart(DIGITS, "0");
