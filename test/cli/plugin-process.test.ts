import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { findFreePort } from "../../local/server.ts";
import { waitUntil } from "../wait-until.ts";
import { addToConfig, cleanClone } from "./clean-clone.ts";
import { AUTHORIZATION, type Started, startedEmptyKintoun, startedKintoun, startKintoun } from "./start-kintoun.ts";

const CLUMSY = `import { definePlugin, jsonResponse } from "@kintoun/kit";

export const clumsy = definePlugin({
  name: "clumsy",
  about: "Forgets promises, and takes its time.",
  routes: {
    "POST /forgotten": {
      about: "Begins something that fails.",
      run: () => {
        void Promise.reject(new Error("left behind"));
        return jsonResponse("begun");
      },
    },
  },
  actions: {
    climb: {
      about: "Climbs ten steps, a fifth of a second each.",
      on: ["bucket"],
      run: async ({ job }) => {
        for (let step = Number(job.state ?? 0) + 1; step <= 10; step++) {
          await new Promise((resolve) => setTimeout(resolve, 200));
          await job.note({ step, attempt: job.attempt });
          await job.checkpoint(step);
        }
        return "up";
      },
    },
  },
});
`;

interface JobResponse {
  readonly status: string;
  readonly result?: unknown;
  readonly entries: readonly { readonly step: number; readonly attempt: number }[];
}

describe("plugin failures in npm start", () => {
  let clone: string;
  let started: Started | undefined;
  beforeAll(async () => {
    clone = await cleanClone();
    const file = join(clone, "plugins/clumsy/index.ts");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, CLUMSY);
    await addToConfig(clone, 'import { clumsy } from "./plugins/clumsy/index.ts";', "clumsy()");
  });
  afterEach(() => started?.end("SIGTERM"));
  afterAll(() => rm(dirname(clone), { recursive: true }));

  const ask = (path: string, method = "GET") =>
    fetch(`${started?.url}${path}`, {
      method,
      headers: { authorization: AUTHORIZATION },
    });

  it("logs unhandled rejections of a plugin instead of ending the process", async () => {
    started = await startedKintoun(["--port", "0", "--memory"], {}, clone);

    expect((await ask("/forgotten", "POST")).status).toBe(200);
    expect((await ask("/__lbheartbeat__")).status).toBe(200);
    expect(started.output()).toContain("left behind");
  });

  it("starts again after an edit, waits where it cannot start, and reads .env", async () => {
    await writeFile(join(clone, ".env"), "KINTOUN_PROJECT_NAME=From a file\n");
    const file = join(clone, "plugins/clumsy/index.ts");
    const edited = CLUMSY.replace('"begun"', '"edited"');
    const countStarts = () => started?.output().match(/Ctrl-C/g)?.length ?? 0;
    started = await startedEmptyKintoun(
      ["--port", String(await findFreePort()), "--memory", "--host", "0.0.0.0", "--watch", "--log", "text"],
      {},
      clone,
    );
    expect(started.output()).toContain("The store listens on 0.0.0.0.");
    expect(await (await ask("/")).json()).toMatchObject({ project_name: "From a file" });

    await writeFile(file, `${edited} }`);
    await waitUntil(
      "it says that it waits",
      async () => started?.output().includes("Waiting for file changes") === true,
    );
    await writeFile(file, edited);
    await waitUntil("it has started again", async () => countStarts() === 2);
    expect(await (await ask("/forgotten", "POST")).json()).toBe("edited");
    await waitUntil("the request is logged", async () =>
      /INFO {2}POST \/v1\/forgotten {2}status=200 ms=\d+/.test(started?.output() ?? ""),
    );
    expect(await started.end("SIGTERM")).toBe(0);
  });

  it("resumes a job from its checkpoint after the process was killed", async () => {
    const data = join(clone, "data");
    const start = () => startedKintoun(["--port", "0", "--data", data], {}, clone);
    started = await start();
    await ask("/buckets/tower", "PUT");
    const { job_id } = (await (await ask("/buckets/tower/actions/climb", "POST")).json()) as { job_id: string };
    const readJob = async () => (await (await ask(`/jobs/${job_id}?results=true`)).json()) as JobResponse;
    await waitUntil("the job has three entries", async () => (await readJob()).entries.length >= 3);
    process.kill(JSON.parse(await readFile(join(data, "running.json"), "utf8")).pid, "SIGKILL");
    await started.end("SIGTERM");

    started = await start();
    await waitUntil("the job ends", async () => !["queued", "running"].includes((await readJob()).status));
    const job = await readJob();

    expect(job).toMatchObject({ status: "succeeded", result: "up" });
    expect([...new Set(job.entries.map(({ step }) => step))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const again = job.entries.filter(({ attempt }) => attempt > 1);
    expect(again.length).toBeLessThanOrEqual(8);
  }, 180_000);

  it("is rejected with its path when kintoun.config.ts is missing", async () => {
    started = undefined;
    const [file, other] = [join(clone, "kintoun.config.ts"), join(clone, "other.config.ts")];
    await rename(file, other);
    const ended = await startKintoun(["--port", "0", "--memory"], {}, clone);
    await rename(other, file);

    expect(ended).toEqual({
      exitCode: 1,
      output: `There is no kintoun.config.ts in ${clone}. Run the command in the folder of your project, or make a project: npm create kintoun my-store\n`,
    });
  });
});
