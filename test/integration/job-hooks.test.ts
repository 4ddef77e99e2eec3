import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { defineHookPoint, definePlugin, jsonResponse, storeHookPoints } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const deleting = defineHookPoint<{
  id: string;
  deadline: Date;
  nested: { notify: (text: string) => void };
  signal: AbortSignal;
}>({
  name: "widgets.deleting",
  about: "Before a widget is deleted.",
  params: { id: "The widget.", deadline: "A date.", nested: "A function.", signal: "A signal." },
  veto: true,
});
const notified: string[] = [];
const widgets = definePlugin({
  name: "widgets",
  about: "Deletes widgets.",
  hookPoints: [deleting],
  setup: ({ trigger }) => ({ trigger }),
  routes: {
    "POST /widgets": {
      about: "Triggers the hooks in a request.",
      run: async (_, { services }) => {
        const nested = { notify: (text: string) => void notified.push(text) };
        const { signal } = new AbortController();
        await services.trigger(deleting, { id: "in a request", deadline: new Date(0), nested, signal });
        return jsonResponse({ triggered: true });
      },
    },
  },
  actions: {
    "delete-widgets": {
      about: "Deletes widgets.",
      on: ["server"],
      principals: () => ["system.Everyone"],
      run: async ({ job }, { services }) => {
        await job.note({ step: "work" });
        const nested = { notify: (text: string) => void notified.push(text) };
        await services.trigger(deleting, { id: "w1", deadline: new Date(0), nested, signal: job.signal });
        return "deleted";
      },
    },
    hurry: {
      about: "Has one second.",
      on: ["server"],
      principals: () => ["system.Everyone"],
      timeLimit: 1,
      retries: 0,
      run: async (_, { services }) => {
        const { signal } = new AbortController();
        await services.trigger(deleting, {
          id: "hang",
          deadline: new Date(0),
          nested: { notify: () => undefined },
          signal,
        });
      },
    },
  },
});
const params: unknown[] = [];
const audit = definePlugin({
  name: "audit",
  about: "Writes to the logs of jobs.",
  hooks: {
    at: {
      start: { point: storeHookPoints["job.start"], run: (_, { job }) => job?.note({ step: "start" }) },
      deleting: {
        point: deleting,
        timeout: 0.05,
        run: async ({ id, deadline, nested, signal }, { job }) => {
          if (id === "hang") await new Promise(() => undefined);
          // Longer than its time limit in a request.
          if (job !== undefined) await new Promise((resolve) => setTimeout(resolve, 150));
          nested.notify(`${id} ${deadline.getTime()} ${signal.aborted}`);
          params.push(deadline);
          await job?.note({ step: "hook", id, of: job.id });
        },
      },
      end: {
        point: storeHookPoints["job.end"],
        run: async ({ status }, { job }) => {
          await job?.note({ step: "end", status });
        },
      },
    },
  },
});

let store: TestStore;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), widgets(), audit()] });
});
afterAll(() => store.close());

const runAction = async (name: string) => {
  const { job_id } = (await store.post(`/actions/${name}`)).body;
  await store.drain();
  return (await store.get(`/jobs/${job_id}`)).body;
};
const withoutTime = (entries: readonly Record<string, unknown>[]) => entries.map(({ time: _, ...entry }) => entry);

describe("hook at a point of a job", () => {
  it("writes to the job's log, between the entries of the job", async () => {
    const { id, status, result, entries } = await runAction("delete-widgets");

    expect([status, result]).toEqual(["succeeded", "deleted"]);
    expect(withoutTime(entries)).toEqual([
      { step: "start" },
      { step: "work" },
      { step: "hook", id: "w1", of: id },
      { step: "end", status: "succeeded" },
    ]);
  });

  it("gets copies of data, and functions and signals as they are", () => {
    expect(notified).toContain("w1 0 false");
    expect(params[0]).toEqual(new Date(0));
  });

  it("ends with the time limit of the job", async () => {
    const { status, error, entries } = await runAction("hurry");

    expect([status, error]).toEqual(["failed", "It took longer than its time limit of 1 s."]);
    expect(withoutTime(entries)).toEqual([{ step: "start" }, { step: "end", status: "failed" }]);
  });

  it("has no job in a request", async () => {
    expect((await store.post("/widgets")).status).toBe(200);
    expect(notified).toContain("in a request 0 false");
  });

  it("writes to the log of a job that is cancelled before it runs", async () => {
    const { job_id } = (await store.post("/actions/delete-widgets")).body;
    const { status } = await store.delete(`/jobs/${job_id}`);
    await store.drain();

    const job = (await store.get(`/jobs/${job_id}`)).body;
    expect([200, 202]).toContain(status);
    expect(withoutTime(job.entries).at(-1)).toEqual({ step: "end", status: job.status });
  });
});
