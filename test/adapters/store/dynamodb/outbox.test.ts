import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { putOutboxEntry, sentMessageOf, upgradeMessageItem } from "../../../../adapters/store/dynamodb/outbox.ts";
import type { JobDraft } from "../../../../core/jobs/job.ts";
import type { OutboxEntry } from "../../../../core/ports/store.ts";
import { BUCKETS, objectRef } from "../../../../core/resources.ts";
import { createTransactionContext, transact } from "../../../../core/store/transact.ts";
import { startDynamoDb } from "../../../../local/dynamodb.ts";
import { openTestStore } from "../../../open-test-store.ts";

let opened: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  const engine = await startDynamoDb(undefined);
  opened = await openTestStore({ client: engine.client, now: Date.now, stop: engine.stop });
});
afterAll(() => opened[Symbol.asyncDispose]());

const draft = (): JobDraft => ({
  id: randomUUID(),
  plugin: "p",
  kind: "action",
  name: "a",
  uri: null,
  user: "plugin:p",
  params: {},
  created: Date.now(),
  expires: Date.now() + 1e9,
  expiry: 3600,
});

/** Creates a bucket, with jobs and messages that depend on it. */
const commit = async (id: string, outbox: readonly OutboxEntry[]) => {
  const ref = objectRef(BUCKETS, id);
  const plan = { objects: [ref], clocks: [BUCKETS], writes: [BUCKETS] };
  let runs = 0;
  await transact(createTransactionContext(opened.store), plan, async ({ view }) => {
    runs++;
    view.put(ref, { data: {}, acl: {}, changedBy: "u" });
    const rollback = view.savepoint();
    view.addToOutbox({ job: draft() });
    rollback();
    for (const entry of runs === 1 ? outbox : []) view.addToOutbox(entry);
  });
  return { runs, exists: (await opened.store.read({ objects: [ref], clocks: [] })).objects.has(ref.uri) };
};

describe("jobs and messages of a transaction", () => {
  it("are stored together with the changes", async () => {
    const job = draft();

    expect(await commit("one", [{ job }, { message: { queue: "p-in", body: "{}" } }])).toEqual({
      runs: 1,
      exists: true,
    });

    expect(await opened.jobs.get(job.id)).toMatchObject({ status: "queued", turn: 0 });
    const listed = await opened.jobs.list({ of: { plugins: ["p"] }, limit: 10 });
    expect(listed.jobs.map(({ id }) => id)).toEqual([job.id]);
  });

  it("run the transaction again if the job exists already", async () => {
    const job = draft();
    await opened.jobs.create(job);

    expect(await commit("two", [{ job }])).toEqual({ runs: 2, exists: true });
  });

  it("are refused with the changes if they do not fit into the transaction", async () => {
    const messages = Array.from({ length: 100 }, () => ({ message: { queue: "p-in", body: "{}" } }));

    await expect(commit("three", messages)).rejects.toMatchObject({ kind: "REQUEST_TOO_LARGE" });
  });

  it("are refused with the changes if they are too large together", async () => {
    const messages = Array.from({ length: 20 }, () => ({ message: { queue: "p-in", body: "x".repeat(200_000) } }));

    await expect(commit("four", messages)).rejects.toMatchObject({ kind: "REQUEST_TOO_LARGE" });
  });
});

describe("the item of a message", () => {
  const message = { queue: "p-in", body: '{"a":"é"}', group: "g", attributes: { x: "y" } };
  const [put] = putOutboxEntry("t", { message });
  const item = put?.Put?.Item ?? {};

  it("has a key of its own, and is kept for a day", () => {
    expect(item).toMatchObject({ pk: { S: expect.stringMatching(/^message#p-in#[0-9a-f-]{36}$/) }, sk: { S: "#" } });
    expect(Math.round((Number(item.expires?.N) * 1000 - Date.now()) / 3_600_000)).toBe(24);
    expect(sentMessageOf(item)).toEqual(message);
  });

  it("differs from other items", () => {
    for (const other of [undefined, {}, { pk: { S: "claim#k" } }]) expect(sentMessageOf(other)).toBeUndefined();
    expect(upgradeMessageItem({ pk: { S: "claim#k" } })).toEqual({ pk: { S: "claim#k" } });
    const { status: _, ...old } = item;
    expect(upgradeMessageItem(old)).toEqual({ ...old, status: { S: "queued" } });
  });
});
