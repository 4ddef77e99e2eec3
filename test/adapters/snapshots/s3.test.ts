import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createS3Snapshots } from "../../../adapters/snapshots/s3.ts";
import type { SnapshotStore } from "../../../core/ports/snapshots.ts";
import { createS3Bucket } from "../../../lib/aws/s3.ts";
import { type SqsEngine, startSqs } from "../../../local/sqs.ts";

let engine: SqsEngine;
let snapshots: SnapshotStore;
beforeAll(async () => {
  engine = await startSqs(undefined);
  const { endpoint = "", region, credentials } = engine.client;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: "indexes" }));
  client.destroy();
  snapshots = createS3Snapshots(engine.client, "indexes");
});
afterAll(async () => {
  snapshots.close();
  await engine.stop();
});

describe("createS3Snapshots", () => {
  it("returns the copy with the latest timestamp, whenever it was written", async () => {
    await snapshots.put("g.h", 1_700_000_000_123, Buffer.from("second"));
    await snapshots.put("g.h", 999, Buffer.from("first"));
    await snapshots.put("g.h", 1_700_000_000_124, Buffer.from([0, 255, 1]));
    await snapshots.put("g.other", 1_800_000_000_000, Buffer.from("other"));

    expect(await snapshots.getNewest("g.h")).toEqual(Buffer.from([0, 255, 1]));
  });

  it("has none of other indexes", async () => {
    expect(await snapshots.getNewest("g")).toBeUndefined();
    expect(await snapshots.getNewest("x.h")).toBeUndefined();
  });

  it("rejects with the status and code of S3", async () => {
    const missing = createS3Snapshots(engine.client, "missing");

    await expect(missing.getNewest("g.h")).rejects.toThrow("S3 refused to list search/g.h/: 404 NoSuchBucket");
    await expect(missing.put("g.h", 1, Buffer.from("x"))).rejects.toThrow(
      /S3 refused to store search\/g\.h\/\d{16}: 404/,
    );
    missing.close();
  });
});

describe("createS3Bucket", () => {
  it("returns nothing for a missing key, and refuses large objects and keys with other characters", async () => {
    const bucket = createS3Bucket(engine.client, "indexes");
    await bucket.put("large", Buffer.alloc(2 * 1024 * 1024));

    expect(await bucket.get("missing", 10)).toBeUndefined();
    await expect(bucket.get("large", 10)).rejects.toThrow("The response to GET large is larger than 10 bytes");
    await expect(bucket.get("a b", 10)).rejects.toThrow("Not a key: a b");
    bucket.close();
  });
});
