import { describe, expect, it } from "@jest/globals";
import {
  defineHookPoint,
  definePlugin,
  type JsonObject,
  jsonResponse,
  need,
  refuse,
  storeHookPoints,
} from "@kintoun/kit";
import { startTestStore } from "@kintoun/testing";
import * as z from "zod";

const WIDGETS = "/buckets/my_application/collections/widgets/records";

/** A hook point of the plugin `widgets`. */
const buildUploaded = defineHookPoint<{ filename: string; file_type: string; storage_dir: string }>({
  name: "widgets.build-uploaded",
  about: "After a build is successfully stored.",
  params: {
    filename: "Name of the master package.",
    file_type: "Type of the file.",
    storage_dir: "Folder of the file.",
  },
  veto: false,
});

/** The example of the Elita tutorial: an action that deletes widgets and reports its progress. */
const widgets = definePlugin({
  name: "widgets",
  about: "Manages widgets and builds.",
  needs: () => ({ data: need.data({ read: ["/buckets/my_application"], write: ["/buckets/my_application"] }) }),
  hookPoints: [buildUploaded],
  setup: ({ resources, trigger }) => ({ data: resources.data, trigger }),
  actions: {
    DeleteWidgets: {
      about: "Deletes widgets.",
      on: ["bucket"],
      buckets: () => ["my_application"],
      params: z.looseObject({
        testing: z.boolean().describe("do not delete widgets for real (true or false)"),
        count: z.int().min(1).describe("number of widgets to delete"),
      }),
      run: async ({ params, job }, { services: { data } }) => {
        await job.note({ status: "starting", progress: 0 });
        let deleted = 0;
        for await (const widget of data.list(WIDGETS, { _sort: "number" })) {
          if (deleted === params.count) break;
          if (!params.testing) await data.delete(`${WIDGETS}/${widget.id}`);
          deleted += 1;
          await job.note({ status: "frobnicating the foobar", progress: Math.round((90 * deleted) / params.count) });
        }
        await job.note({ status: "finished", progress: 100 });
        return { deleted, more: String(params.more) };
      },
    },
    UploadBuild: {
      about: "Stores a build.",
      on: ["bucket"],
      params: z.object({ name: z.string().describe("name of the build") }),
      run: async ({ params }, { services: { data, trigger } }) => {
        const builds = "/buckets/my_application/collections/builds/records";
        await data.create(builds, { data: { id: params.name, app_name: "my_application" } });
        await data.update(`${builds}/${params.name}`, { data: { attributes: { foo: "bar" } } });
        await trigger(buildUploaded, { filename: `${params.name}.zip`, file_type: "zip", storage_dir: builds });
        const names: string[] = [];
        for await (const { id } of data.list(builds)) names.push(String(id));
        const build = await data.get(`${builds}/${params.name}`);
        return { builds: names, build: build?.data ?? null };
      },
    },
  },
});

/** Runs at hook points of the store and of another plugin. */
const watcher = definePlugin({
  name: "watcher",
  about: "Logs jobs and uploads.",
  hooks: {
    at: {
      uploaded: {
        point: buildUploaded,
        run: ({ filename, file_type }, { log }) => log.info(`BUILD_UPLOAD_SUCCESS ${filename} (${file_type})`),
      },
      start: {
        point: storeHookPoints["job.start"],
        run: ({ action, job_id }, { log }) => log.info(`START ${action}`, { job_id }),
      },
      end: {
        point: storeHookPoints["job.end"],
        run: ({ action, status }, { log }) => log.info(`END ${action} ${status}`),
      },
    },
  },
});

const startStore = async (...plugins: NonNullable<Parameters<typeof startTestStore>[0]>["plugins"] & object) => {
  const store = await startTestStore({ plugins: [widgets(), ...plugins] });
  await store.put("/buckets/my_application");
  await store.put("/buckets/my_application/collections/widgets");
  await store.put("/buckets/my_application/collections/builds");
  for (let number = 1; number <= 4; number++) await store.put(`${WIDGETS}/w${number}`, { data: { number } });
  return store;
};

const ACTION = "/buckets/my_application/actions/DeleteWidgets";
const parseMessages = (logLines: readonly string[]): string[] => logLines.map((line) => JSON.parse(line).message);

describe("actions (Elita tutorial)", () => {
  it("are listed with their parameters, types and descriptions", async () => {
    await using store = await startStore();

    const action = await store.get(ACTION);

    expect(action.body).toMatchObject({
      name: "DeleteWidgets",
      params: {
        testing: { type: "boolean", description: "do not delete widgets for real (true or false)", required: true },
        count: { type: "integer", description: "number of widgets to delete", required: true },
      },
    });
    expect((await store.get("/buckets/my_application/actions")).body.data.map(({ name }: JsonObject) => name)).toEqual([
      "DeleteWidgets",
      "UploadBuild",
    ]);
  });

  it("reject other methods", async () => {
    await using store = await startStore();

    expect((await store.put(ACTION, {})).status).toBe(405);
    expect((await store.delete(ACTION)).status).toBe(405);
  });

  it("reject missing parameters", async () => {
    await using store = await startStore();

    const response = await store.post(`${ACTION}?count=many`);

    expect(response.status).toBe(400);
    expect(response.body.details.map(({ name }: JsonObject) => name).toSorted()).toEqual(["count", "testing"]);
    await store.drain();
    expect((await store.get(WIDGETS)).body.data).toHaveLength(4);
    expect((await store.get("/jobs")).body.data).toEqual([]);
  });

  it("start a job on POST and return its id", async () => {
    await using store = await startStore();

    const response = await store.post(`${ACTION}?testing=false&count=3&more=undeclared`);
    expect(response.status).toBe(202);
    expect(response.headers.get("location")).toBe(`${store.url}/jobs/${response.body.job_id}`);
    await store.drain();

    expect((await store.get(WIDGETS)).body.data.map(({ id }: JsonObject) => id)).toEqual(["w4"]);
    const job = (await store.get(`/jobs/${response.body.job_id}?results=true`)).body;
    expect(job).toMatchObject({ status: "succeeded", result: { deleted: 3, more: "undeclared" } });
    expect(job.entries.map(({ status, progress }: JsonObject) => [status, progress])).toEqual([
      ["starting", 0],
      ["frobnicating the foobar", 30],
      ["frobnicating the foobar", 60],
      ["frobnicating the foobar", 90],
      ["finished", 100],
    ]);
    expect((await store.get(`/jobs/${response.body.job_id}?results=false`)).body).not.toHaveProperty("entries");
  });

  it("read and write objects through the data service", async () => {
    await using store = await startStore();

    const response = await store.post("/buckets/my_application/actions/UploadBuild", { name: "124-master" });
    await store.drain();

    expect((await store.get(`/jobs/${response.body.job_id}`)).body.result).toMatchObject({
      builds: ["124-master"],
      build: { id: "124-master", app_name: "my_application", attributes: { foo: "bar" } },
    });
  });
});

describe("hooks (Elita tutorial)", () => {
  it("run at their hook point with its parameters", async () => {
    await using store = await startStore(watcher());

    await store.post("/buckets/my_application/actions/UploadBuild", { name: "1" });
    await store.drain();

    expect(parseMessages(store.logLines).filter((line) => /^(START|END|BUILD)/.test(line))).toEqual([
      "START UploadBuild",
      "BUILD_UPLOAD_SUCCESS 1.zip (zip)",
      "END UploadBuild succeeded",
    ]);
  });

  it("can veto an operation", async () => {
    const maintenance = definePlugin({
      name: "maintenance",
      about: "Rejects the jobs of an application.",
      hooks: {
        at: {
          start: {
            point: storeHookPoints["job.start"],
            run: ({ uri }) => {
              if (uri === "/buckets/my_application") throw refuse(403, "The application is under maintenance.");
            },
          },
        },
      },
    });
    await using store = await startStore(maintenance());

    const response = await store.post(`${ACTION}?testing=false&count=3`);
    await store.drain();

    expect((await store.get(`/jobs/${response.body.job_id}`)).body).toMatchObject({
      status: "failed",
      error: expect.stringContaining("The application is under maintenance."),
    });
    expect((await store.get(WIDGETS)).body.data).toHaveLength(4);
  });
});

describe("plugin definitions (Elita tutorial)", () => {
  it("are read once, at the start", async () => {
    let reads = 0;
    const counting = definePlugin({
      name: "counting",
      about: "Counts how often its definition is read.",
      needs: () => {
        reads += 1;
        return {};
      },
      routes: { "GET /counted": { about: "Returns the count.", run: () => jsonResponse(reads) } },
    });
    await using store = await startTestStore({ plugins: [counting()] });
    const before = (await store.get("/counted")).body;

    expect((await store.get("/counted")).body).toBe(before);
  });
});
