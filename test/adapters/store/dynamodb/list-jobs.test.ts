import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { pluginPartition } from "../../../../adapters/store/dynamodb/job-items.ts";
import type { JobDraft } from "../../../../core/jobs/job.ts";
import type { JobQuery } from "../../../../core/ports/job-store.ts";
import { openTable } from "./open-table.ts";

let now = 1_800_000_000_000;
let table: Awaited<ReturnType<typeof openTable>>;
beforeAll(async () => {
  table = await openTable(() => now);
});
afterAll(() => table[Symbol.asyncDispose]());

/** Creates jobs, each a millisecond after the one before it. Returns their ids, newest first. */
const createJobs = async (...jobs: readonly Partial<JobDraft>[]): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (const job of jobs) {
    now++;
    const id = randomUUID();
    await table.jobs.create({
      ...{ id, plugin: "p", kind: "action", name: "a", uri: null, user: null, params: {} },
      ...{ created: now, expires: now + 1e9, expiry: 60, ...job },
    });
    ids.unshift(id);
  }
  return ids;
};
const listAll = async (query: JobQuery) => {
  const found: string[] = [];
  let after: JobQuery["after"];
  do {
    const page = await table.jobs.list({ ...query, ...(after && { after }) });
    expect(page.jobs.length).toBeLessThanOrEqual(query.limit);
    found.push(...page.jobs.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  return found;
};

describe("the jobs of several plugins", () => {
  it.each([1, 2, 3, 100])("are in order in pages of %j also if a filter leaves out most", async (limit) => {
    const [one, two] = [randomUUID(), randomUUID()];
    const rare = { name: "rare" };
    const old = await createJobs(...Array.from({ length: 3 }, () => ({ plugin: two, ...rare })));
    const [recent] = await createJobs({ plugin: one, ...rare });
    await createJobs(...Array.from({ length: 8 }, () => ({ plugin: one })));

    expect(await listAll({ of: { plugins: [one, two] }, filter: rare, limit })).toEqual([recent, ...old]);
  });

  it.each([
    [2, true],
    [3, false],
  ])("have a next page after %j of 3: %j", async (limit, hasNext) => {
    const plugin = randomUUID();
    await createJobs({ plugin }, { plugin }, { plugin });

    expect("next" in (await table.jobs.list({ of: { plugins: [plugin] }, limit }))).toBe(hasNext);
  });

  it("are filtered by user", async () => {
    const plugin = randomUUID();
    const [own] = await createJobs({ plugin, user: "plugin:q" }, { plugin, user: "basicauth:u" });
    const listOf = (user?: string) => listAll({ of: { plugins: [plugin] }, filter: { user }, limit: 10 });

    expect([await listOf("basicauth:u"), (await listOf()).length]).toEqual([[own], 2]);
  });

  it("are read in parts of at most 100, once each", async () => {
    const plugin = randomUUID();
    await createJobs({ plugin });
    const { calls } = await table.record(() => table.jobs.list({ of: { plugins: [plugin, plugin] }, limit: 500 }));

    const queries = calls.filter(({ operation }) => operation === "Query").map(({ input }) => input);
    expect(queries).toMatchObject([
      { Limit: 100, ExpressionAttributeValues: { ":pk": { S: pluginPartition(plugin) } } },
    ]);
  });

  it("are left out when they have expired", async () => {
    const plugin = randomUUID();
    await createJobs({ plugin, expires: now + 2000 }, { plugin, expires: now + 9000 });
    expect(await listAll({ of: { plugins: [plugin] }, limit: 10 })).toHaveLength(2);
    now += 4000;

    expect(await listAll({ of: { plugins: [plugin] }, limit: 10 })).toHaveLength(1);
  });
});
