import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, refuse, storeHookPoints } from "@kintoun/kit";
import * as z from "zod";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

let fails = true;
let vetoes = false;
const seen: string[] = [];
const runs: { readonly state: unknown; readonly attempt: number }[] = [];
const worker = definePlugin({
  name: "worker",
  about: "Runs jobs that fail until a test lets them succeed.",
  actions: {
    export: {
      about: "Exports a bucket.",
      on: ["bucket", "server"],
      principals: () => ["system.Everyone"],
      params: z.object({ note: z.string().optional() }),
      retries: 0,
      run: async ({ job }) => {
        runs.push({ state: job.state, attempt: job.attempt });
        await job.note({ step: runs.length });
        await job.checkpoint("half");
        if (fails) throw new Error("the disk is full");
        return "exported";
      },
    },
  },
});
const other = definePlugin({
  name: "other",
  about: "Runs jobs on a schedule.",
  schedules: { hourly: { about: "Runs every hour.", cron: "0 * * * *", retries: 0, run: () => "done" } },
  actions: {
    greet: { about: "Greets.", on: ["server"], principals: () => ["system.Everyone"], run: () => "hello" },
  },
  hooks: {
    at: {
      start: {
        point: storeHookPoints["job.start"],
        run: ({ job_id }) => {
          seen.push(job_id);
          if (vetoes) throw refuse(403, "Not now.");
        },
      },
    },
  },
});

const OPERATORS = "/buckets/staff/groups/operators";
let store: TestStore;
beforeAll(async () => {
  store = await startStore({
    plugins: [basicauth(), worker(), other()],
    settings: { jobsReadPrincipals: [OPERATORS], jobsWritePrincipals: ["/buckets/staff/groups/admins"] },
  });
  const [operator, admin] = [await store.userId("operator"), await store.userId("admin")];
  await store.put("/buckets/staff");
  await store.put(OPERATORS, { data: { members: [operator] } });
  await store.put("/buckets/staff/groups/admins", { data: { members: [admin] } });
});
afterAll(() => store.close());

const begin = async (path = "/actions/export", as: string | null = "alice"): Promise<string> => {
  const { job_id } = (await store.post(path, {}, { as })).body;
  await store.drain();
  return job_id;
};
const retry = (id: string, as: string | null = "alice") => store.post(`/jobs/${id}/retry`, undefined, { as });
const look = async (id: string, as = "alice") => (await store.get(`/jobs/${id}`, { as })).body;

describe("retry of a job", () => {
  it("runs a failed job again from its last checkpoint", async () => {
    fails = true;
    const id = await begin();
    expect(await look(id)).toMatchObject({ status: "failed", error: "Error: the disk is full" });
    fails = false;
    runs.length = 0;

    const { status, body } = await retry(id);
    // A worker may have begun already.
    expect([status, body]).toMatchObject([
      202,
      { id, status: expect.stringMatching(/^(queued|running)$/), attempt: 1 },
    ]);
    expect(Object.keys(body)).toEqual(expect.not.arrayContaining(["error", "started", "ended"]));
    await store.drain();

    const job = await look(id);
    expect(job).toMatchObject({ status: "succeeded", result: "exported", user_id: await store.userId("alice") });
    expect(job.entries).toHaveLength(2);
    expect(runs).toEqual([{ state: "half", attempt: 1 }]);
    expect(seen.filter((one) => one === id)).toHaveLength(2);
  });

  it("does not bypass a veto of a hook at job.start", async () => {
    [fails, vetoes] = [false, true];
    try {
      const id = await begin();
      expect(await look(id)).toMatchObject({ status: "failed", error: "Not now." });

      expect((await retry(id)).status).toBe(202);
      await store.drain();

      expect(await look(id)).toMatchObject({ status: "failed", error: "Not now." });
    } finally {
      vetoes = false;
    }
  });

  it("is a 409 for a job that has not failed and was not cancelled", async () => {
    fails = false;
    const id = await begin();

    const { status, body } = await retry(id);

    expect([status, body.message]).toEqual([
      409,
      "Only a failed or cancelled job can be retried, and this one is succeeded.",
    ]);
  });

  it("needs the owner or a principal of jobsWritePrincipals", async () => {
    fails = true;
    const id = await begin();

    const statuses = await Promise.all(["bob", null, "operator"].map(async (as) => (await retry(id, as)).status));
    expect(statuses).toEqual([403, 401, 403]);
    expect((await retry(id, "admin")).status).toBe(202);
    await store.drain();
    expect((await look(id)).user_id).toBe(await store.userId("alice"));
    expect((await retry("8b5a0b0e-0000-4000-8000-000000000000", "admin")).status).toBe(404);
  });

  it("needs that the owner may still start the action", async () => {
    fails = true;
    const [alice, bob] = [await store.userId("alice"), await store.userId("bob")];
    await store.put("/buckets/shared", { permissions: { write: [bob] } });
    const id = await begin("/buckets/shared/actions/export", "bob");
    await store.put("/buckets/shared", { permissions: { write: [alice] } });

    expect((await retry(id, "bob")).status).toBe(403);
    expect((await retry(id, "admin")).status).toBe(202);
    await store.drain();
  });

  it("is refused in a batch", async () => {
    const id = await begin();

    const { body } = await store.post("/batch", { requests: [{ method: "POST", path: `/jobs/${id}/retry` }] });

    expect(body.responses[0].status).toBe(400);
  });
});

describe("jobs of all users", () => {
  const list = async (query: string, as: string) => {
    const { status, body } = await store.get(`/jobs?${query}`, { as });
    return status === 200 ? body.data : status;
  };

  it("are listed for principals in jobsReadPrincipals and jobsWritePrincipals", async () => {
    fails = false;
    const ids = [await begin("/actions/greet", "bob"), await begin(), await begin("/actions/greet", null)];

    for (const as of ["operator", "admin"]) {
      const listed = await list("", as);
      expect(listed.slice(0, 3).map(({ id }: { id: string }) => id)).toEqual(ids.toReversed());
      expect((await store.get(`/jobs/${ids[0]}`, { as })).status).toBe(200);
    }
    const own = await list("", "bob");
    expect(new Set(own.map((job: { user_id: string }) => job.user_id))).toEqual(new Set([await store.userId("bob")]));
  });

  it("are filtered by status, plugin, action, schedule and user", async () => {
    fails = true;
    const [failed, bob] = [await begin(), await store.userId("bob")];
    await begin("/actions/greet", "bob");
    const values = async (query: string, field: string) => [
      ...new Set((await list(query, "operator")).map((job: Record<string, unknown>) => job[field])),
    ];

    expect((await list("status=failed&_limit=1", "operator"))[0].id).toBe(failed);
    expect(await values("plugin=other", "plugin")).toEqual(["other"]);
    expect(await values("action=greet", "action")).toEqual(["greet"]);
    expect(await values(`user_id=${bob}`, "user_id")).toEqual([bob]);
    expect(await list("plugin=none", "operator")).toEqual([]);
    expect(await list("schedule=hourly&plugin=worker", "operator")).toEqual([]);
    expect(await list(`user_id=${bob}&action=greet`, "bob")).not.toEqual([]);
  });

  it("are not listed for others", async () => {
    expect(await list(`user_id=${await store.userId("alice")}`, "bob")).toBe(403);
    expect((await store.get("/jobs", { as: null })).status).toBe(401);
  });

  it("are listed in pages", async () => {
    const all = (await list("", "operator")).map(({ id }: { id: string }) => id);
    const found: string[] = [];
    let path: string | undefined = "/jobs?_limit=2";
    while (path !== undefined) {
      const { body, headers } = await store.get(path, { as: "operator" });
      found.push(...body.data.map(({ id }: { id: string }) => id));
      path = headers.get("next-page")?.replace(store.url, "");
    }

    expect(found).toEqual(all);
  });

  it.each(["active=true", "not_status=failed", "status=done", "min_plugin=a", "action=a&schedule=b"])(
    "reject the filter %s",
    async (query) => expect(await list(query, "operator")).toBe(400),
  );

  it("can be cancelled by principals in jobsWritePrincipals only", async () => {
    const id = await begin();

    expect((await store.delete(`/jobs/${id}`, { as: "operator" })).status).toBe(403);
    expect((await store.delete(`/jobs/${id}`, { as: "admin" })).status).toBe(409);
  });
});
