import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { findRunningCloud } from "../../../local/running-cloud.ts";
import { kintoun } from "../../cli/operate.ts";
import { AUTHORIZATION, type Started, startedKintoun } from "../../cli/start-kintoun.ts";
import { useElasticMq } from "../start-elasticmq.ts";

const STANDALONE = { KINTOUN_STANDALONE: "store-purge" };
const folder = mkdtempSync(join(tmpdir(), "kintoun-elasticmq-"));
let started: Started;
let endpointOptions: string;

describe("store-purge worker", () => {
  beforeAll(async () => {
    const sqs = await useElasticMq();
    started = await startedKintoun(["--port", "0", "--data", folder, "--sqs", sqs], STANDALONE);
    endpointOptions = `--endpoint ${sqs} --dynamodb ${findRunningCloud(folder)?.cloud.dynamodb?.endpoint}`;
  });
  afterAll(async () => {
    await started?.end("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  });

  it("handles the messages of an external SQS", async () => {
    const headers = { authorization: AUTHORIZATION };
    const send = (method: string, path: string) => fetch(`${started.url}${path}`, { method, headers });
    for (const path of ["/buckets/b", "/buckets/b/collections/c", "/buckets/b/collections/c/records/r"])
      await send("PUT", path);
    await send("DELETE", "/buckets/b");
    for (
      let tries = 0;
      !/^store-purge +1 /m.test((await kintoun(`queues ${endpointOptions}`, STANDALONE)).stdout);
      tries++
    )
      expect(tries).toBeLessThan(10);

    const worker = await kintoun(`worker store-purge --once ${endpointOptions}`, STANDALONE);

    expect(worker.stdout).toMatch(/^\S+ {2}done +try 1 +\d+ ms {2}delete \/buckets\/b\n/);
    // The purge deletes the collection and its records in separate tasks.
    expect(worker.stderr).toMatch(/[12] done, 0 to be retried, 0 moved to the dead-letter queue\./);
    expect((await kintoun(`queues ${endpointOptions}`, STANDALONE)).stdout).toMatch(/^email-notify +0 +0 +0 +0/m);
  });
});
