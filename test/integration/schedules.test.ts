import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import * as z from "zod";
import { readConfig } from "../../config/config.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore } from "../start-store.ts";

const ran: [name: string, due: string][] = [];
let failures = 0;
const note = (name: string) => (due: number) => ran.push([name, new Date(due).toISOString().slice(0, 16)]);
const clockwork = definePlugin({
  name: "clockwork",
  about: "Works by the clock.",
  config: z.strictObject({ hourly: z.string().optional() }),
  schedules: {
    nightly: { about: "Each night.", cron: "0 3 * * *", run: ({ due }) => void note("nightly")(due) },
    hourly: { about: "When it is wanted.", cron: ({ hourly }) => hourly, run: ({ due }) => void note("hourly")(due) },
    weekly: {
      about: "On Sundays, in several steps.",
      cron: "30 4 * * SUN",
      retries: 1,
      run: async ({ job, due }) => {
        if (job.attempt === 1) {
          failures += 1;
          await job.checkpoint("begun");
          throw new Error("not yet");
        }
        await job.note({ progress: 100 });
        note(`weekly ${job.state}`)(due);
      },
    },
  },
});
const start = (options: { hourly?: string } = {}) =>
  startStore({ plugins: [basicauth(), clockwork(options)], retryAfter: () => 0 });

beforeEach(() => {
  ran.length = 0;
});

describe("schedule", () => {
  it("starts a job at each of its times", async () => {
    await using store = await start();
    store.clock.set("2030-01-01T02:59:00Z");
    await store.drain();
    expect(ran).toEqual([]);

    store.clock.set("2030-01-01T03:00:10Z");
    await store.drain();
    await store.drain();
    expect(ran).toEqual([["nightly", "2030-01-01T03:00"]]);
    store.clock.set("2030-01-04T03:00:00Z");
    await store.drain();

    expect(ran.toSorted()).toEqual([1, 2, 3, 4].map((day) => ["nightly", `2030-01-0${day}T03:00`]));
  });

  it("is only active if the options state a time", async () => {
    await using store = await start({ hourly: "15 * * * *" });
    store.clock.set("2030-01-01T12:10:00Z");
    await store.drain();
    ran.length = 0;

    store.clock.advance(3600_000);
    await store.drain();

    expect(ran).toEqual([["hourly", "2030-01-01T12:15"]]);
  });

  it("is retried and resumes from its checkpoints, as other jobs", async () => {
    await using store = await start();
    // A Saturday.
    store.clock.set("2030-01-05T12:00:00Z");
    await store.drain();
    [ran.length, failures] = [0, 0];

    store.clock.set("2030-01-06T05:00:00Z");
    await store.drain();

    expect([ran.filter(([name]) => name !== "nightly"), failures]).toEqual([[["weekly begun", "2030-01-06T04:30"]], 1]);
    const jobs = store.opened[0]?.app.jobs;
    const listed = await jobs?.list({ of: { plugins: ["clockwork"] }, limit: 10, filter: { name: "weekly" } });
    const weekly = await jobs?.get(listed?.jobs[0]?.id ?? "");
    expect(weekly).toMatchObject({
      status: "succeeded",
      kind: "schedule",
      uri: null,
      attempt: 2,
      params: { due: Date.parse("2030-01-06T04:30:00Z") },
    });
  });

  it("starts one job per time when its message is delivered repeatedly", async () => {
    await using store = await start();
    const client = new SQSClient(store.options.cloud?.sqs ?? {});
    const trigger = (due: string) =>
      client.send(
        new SendMessageCommand({
          QueueUrl: store.options.location.queues["clockwork-jobs"],
          MessageBody: JSON.stringify({ schedule: "nightly", due }),
        }),
      );

    // Times in the format of EventBridge Scheduler.
    for (const due of ["2031-01-01T03:00:00Z", "2031-01-01T03:00:00Z", "2031-01-02T03:00:00Z"]) await trigger(due);
    await trigger("2031-01-01T03:00:00Z");
    await store.drain();

    expect(ran.toSorted()).toEqual([
      ["nightly", "2031-01-01T03:00"],
      ["nightly", "2031-01-02T03:00"],
    ]);
    client.destroy();
  });

  it("that never matches a date is rejected at the start", () => {
    expect(() => readConfig({ plugins: [clockwork({ hourly: "61 * * * *" })] })).toThrow(
      "plugins: clockwork.schedules.hourly.cron: '61 * * * *' never matches a date",
    );
    expect(() => readConfig({ plugins: [clockwork({ hourly: "0 0 31 2 *" })] })).toThrow("never matches a date");
  });
});
