import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { startCloud } from "../../local/cloud.ts";
import { startDynamoDb, TABLE_FILE } from "../../local/dynamodb.ts";
import { endOpenLeases } from "../../local/open-leases.ts";
import { openTestStore } from "../open-test-store.ts";

it("endOpenLeases ends the leases of killed workers, and keeps settled deliveries", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kintoun-leases-"));
  const engine = await startDynamoDb(folder);
  const client = new DynamoDBClient(engine.client);
  try {
    await using opened = await openTestStore({ client: engine.client });
    const { store, jobs } = opened;
    const inTwoDays = Date.now() + 2 * 24 * 3600 * 1000;
    const lease = (owner: string) => ({ owner, until: inTwoDays });
    for (const key of ["email.a", "email.b"]) await store.claim(key, lease("killed"));
    await store.settle("email.b", lease("killed"));
    await jobs.create({ ...JOB, created: Date.now(), expires: inTwoDays });
    await jobs.take(JOB.id, 0, lease("killed"));
    expect(await store.claim("email.a", lease("next"))).toEqual({ kind: "busy", until: inTwoDays });
    expect(await jobs.take(JOB.id, 0, lease("next"))).toEqual({ kind: "busy", until: inTwoDays });

    expect(await endOpenLeases(client, "kintoun", join(folder, TABLE_FILE))).toBe(2);

    expect(await store.claim("email.a", lease("next"))).toEqual({ kind: "taken", tries: 2 });
    expect(await store.claim("email.b", lease("next"))).toEqual({ kind: "done" });
    expect(await jobs.take(JOB.id, 0, lease("next"))).toMatchObject({ kind: "taken", workerDied: true });
  } finally {
    client.destroy();
    await engine.stop();
    rmSync(folder, { recursive: true });
  }
});

it("startCloud ends leases that a killed process has left", async () => {
  const data = mkdtempSync(join(tmpdir(), "kintoun-leases-"));
  const lease = (owner: string) => ({ owner, until: Date.now() + 2 * 24 * 3600 * 1000 });
  const claimAfterStart = async (owner: string) => {
    const options = { config: readConfig({ plugins: [] }), port: 0, data, log: createJsonLog(() => undefined) };
    const cloud = await startCloud(options);
    try {
      return await cloud.opened[0]?.app.store.claim("email.a", lease(owner));
    } finally {
      await cloud.close();
    }
  };

  expect(await claimAfterStart("killed")).toEqual({ kind: "taken", tries: 1 });
  expect(await claimAfterStart("next")).toEqual({ kind: "taken", tries: 2 });
  rmSync(data, { recursive: true });
});

const JOB = {
  id: "a-job",
  plugin: "robot",
  kind: "action",
  name: "paint",
  uri: null,
  user: "basicauth:a",
  params: {},
  expiry: 3600,
} as const;
