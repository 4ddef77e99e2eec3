import { type ActionRef, type Data, definePlugin, type Job, jsonResponse, need, type State } from "@kintoun/kit";
import * as z from "zod";
import { countStore, type Progress } from "./count-store.ts";

const options = z
  .strictObject({
    /** Top-level lists of plugins' resources to count, by the name of the resource: `{ account: "/accounts" }`. */
    lists: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), z.string().regex(/^\/[a-z][a-z0-9_-]*$/)).default({}),
    /** How long a request counts, in seconds, before it answers with what the last job has counted: 0 to 20. */
    maxSeconds: z.number().min(0).max(20).default(5),
    /** When a job counts stores that are too large to be counted in a request. */
    cron: z.string().default("0 * * * *"),
  })
  .prefault({});

/** Where the last job's numbers are in state. */
const RESULT = ["counts", "last"] as const;
/** How long to wait for the first job, in seconds. */
const RETRY_AFTER_SECONDS = 60;

const count: ActionRef = { name: "count-store" };

/** Counts what is stored, like Kinto's plugin of the same name. */
export const counters = definePlugin({
  name: "counters",
  about: "Adds the endpoint __counters__, which shows how many objects are stored.",
  capability: "counters_endpoint",
  url: "https://kinto.readthedocs.io/en/latest/api/1.x/counters.html",
  config: options,
  needs: ({ lists }) => ({
    data: need.data({ read: ["/buckets/*", ...Object.values(lists).map((list) => `${list}/*`)] }),
    state: need.state(),
    count: need.action(count),
  }),
  setup: ({ config, resources, now }) => ({ ...resources, now, lists: config.lists }),
  routes: {
    "GET /__counters__": {
      about: "Returns the numbers of objects and tombstones by resource.",
      responses: { 200: "The numbers.", 503: "The store is large, and is being counted for the first time." },
      timeout: 25,
      run: async (_, { config, services: { data, state, count, lists } }) => {
        const end = performance.now() + config.maxSeconds * 1000;
        const counts = await countStore({ data, lists, onBucket: async () => performance.now() < end });
        if (counts !== undefined) return jsonResponse(counts);
        const last = await state.get(...RESULT);
        if (last !== undefined) return jsonResponse(last);
        await count.start({}, { key: "first-count" });
        const message = "The store is being counted for the first time. Send the request again later.";
        return jsonResponse(
          { code: 503, errno: 201, error: "Service Unavailable", message },
          { status: 503, headers: { "Retry-After": String(RETRY_AFTER_SECONDS) } },
        );
      },
    },
  },
  actions: {
    "count-store": {
      about: "Counts all objects.",
      on: ["server"],
      timeLimit: 24 * 3600,
      run: async ({ job }, { services }) => runCount(job, services),
    },
  },
  schedules: {
    count: {
      about: "Counts all objects, for stores that are too large to be counted in a request.",
      cron: ({ cron }) => cron,
      timeLimit: 24 * 3600,
      run: async ({ job }, { services }) => runCount(job, services),
    },
  },
});

interface Services {
  readonly data: Data;
  readonly state: State;
  readonly lists: Readonly<Record<string, string>>;
  readonly now: () => number;
}

/** Counts everything, and continues where another worker has ended. */
const runCount = async (job: Job, { data, state, lists, now }: Services): Promise<void> => {
  const onBucket = async ({ after, counts }: Progress): Promise<boolean> => {
    await job.checkpoint({ after, counts: { objects: { ...counts.objects }, tombstones: { ...counts.tombstones } } });
    return true;
  };
  const counts = await countStore({ data, lists, resume: progress.optional().parse(job.state), onBucket });
  if (counts !== undefined)
    await state.put(...RESULT, {
      objects: { ...counts.objects },
      tombstones: { ...counts.tombstones },
      counted: now(),
    });
};

const numbers = z.record(z.string(), z.int());
const progress = z.object({ after: z.string(), counts: z.object({ objects: numbers, tombstones: numbers }) });
