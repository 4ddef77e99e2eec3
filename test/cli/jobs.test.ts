import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { changeJob } from "../../cli/commands/jobs/change.ts";
import { formatJobs } from "../../cli/commands/jobs/list.ts";
import { formatJob } from "../../cli/commands/jobs/show.ts";
import { readConfig } from "../../config/config.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { type EmbeddedCloud, startCloud } from "../../local/cloud.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { createClient, createRequester } from "../../testing/client.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-jobs-"));
let fails = true;
const robot = definePlugin({
  name: "robot",
  about: "Fails until it is mended.",
  actions: {
    paint: {
      about: "Paints.",
      on: ["server"],
      principals: () => ["system.Everyone"],
      retries: 0,
      run: async ({ job }) => {
        await job.note({ color: "\u001b[31mred" });
        if (fails) throw new Error("no paint");
        return "painted";
      },
    },
  },
});
const config = readConfig({ plugins: [basicauth(), robot()] });
const target = { kind: "data", folder } as const;
let cloud: EmbeddedCloud;
const ids: string[] = [];

beforeAll(async () => {
  cloud = await startCloud({ config, port: 0, data: folder, log: createJsonLog(() => undefined) });
  const client = createClient(createRequester(cloud.url));
  for (let n = 0; n < 3; n++) {
    ids.unshift((await client.post("/actions/paint")).body.job_id);
    await cloud.drain();
  }
});
afterAll(async () => {
  await cloud.close();
  rmSync(folder, { recursive: true });
});

const list = async (more: Partial<Parameters<typeof formatJobs>[0]> = {}) =>
  formatJobs({ config, target, filter: {}, limit: 10, json: false, ...more });

describe("kintoun jobs", () => {
  it("lists the jobs of all users, newest first", async () => {
    const [heading, ...lines] = (await list()).split("\n");

    expect(heading).toMatch(/^id +created +status +plugin +name +object +user$/);
    expect(lines.map((line) => line.split(/ +/)[0])).toEqual(ids);
    expect(lines[0]).toMatch(/ failed +robot +paint +- +basicauth:[0-9a-f]+$/);
  });

  it("filters, and prints JSON and the position where the list continues", async () => {
    expect(await list({ filter: { status: "running" } })).toBe("There are no such jobs.");
    expect(JSON.parse(await list({ filter: { name: "paint", kind: "action" }, json: true })).jobs).toMatchObject(
      ids.map((id) => ({ id, plugin: "robot", action: "paint", error: "Error: no paint" })),
    );
    const first = await list({ limit: 2 });
    const [, created, id] = /Continue with: --after (\d+)\.(\S+)$/.exec(first) ?? [];
    expect(await list({ after: { created: Number(created), id: id ?? "" } })).toContain(ids[2]);
  });

  it("shows a job with its log, without control characters", async () => {
    const text = await formatJob({ config, target, id: ids[0] ?? "", json: false });

    expect(text).toMatch(/^error +Error: no paint$/m);
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}\{"color":"\\u001b\[31mred"\}$/m);
    expect(JSON.parse(await formatJob({ config, target, id: ids[0] ?? "", json: true }))).toMatchObject({
      id: ids[0],
      params: {},
      entries: [{ color: "\u001b[31mred" }],
    });
  });

  it("retries a failed job", async () => {
    fails = false;

    expect(await changeJob({ config, target, change: (jobs) => jobs.retry(ids[0] ?? "") })).toBe(
      `The job ${ids[0]} is queued.`,
    );
    await cloud.drain();

    expect(await formatJob({ config, target, id: ids[0] ?? "", json: false })).toMatch(/^result +"painted"$/m);
    await expect(changeJob({ config, target, change: (jobs) => jobs.retry(ids[0] ?? "") })).rejects.toThrow(
      "Only a failed or cancelled job can be retried, and this one is succeeded.",
    );
  });

  it("says when a job cannot be cancelled or does not exist", async () => {
    await expect(changeJob({ config, target, change: (jobs) => jobs.cancel(ids[1] ?? "") })).rejects.toThrow(
      `The job ${ids[1]} has already failed.`,
    );
    await expect(formatJob({ config, target, id: "none", json: false })).rejects.toThrow(
      "There is no job 'none'. List the jobs with: kintoun jobs",
    );
  });
});
