import { describe, expect, it } from "@jest/globals";
import {
  hasEnded,
  isRetryable,
  JOB_STATUSES,
  type JobSummary,
  parseJobMessage,
  requireSize,
  toJobFields,
  toJobMessage,
  toScheduleMessage,
} from "../../../core/jobs/job.ts";
import type { Json } from "../../../lib/json.ts";

describe("the status of a job", () => {
  it.each([
    ["queued", false, false],
    ["running", false, false],
    ["succeeded", true, false],
    ["failed", true, true],
    ["cancelled", true, true],
  ] as const)("%s: has ended: %j, can be retried: %j", (status, ended, retryable) => {
    expect([hasEnded(status), isRetryable(status)]).toEqual([ended, retryable]);
    expect(JOB_STATUSES).toContain(status);
  });
});

describe("requireSize", () => {
  it.each<[Json, number]>([
    ["abc", 5],
    ["é", 4],
    [[1, 2], 5],
  ])("accepts %j in %j bytes, not in one less", (value, bytes) => {
    expect(() => requireSize("It", value, bytes)).not.toThrow();
    expect(() => requireSize("It", value, bytes - 1)).toThrow(
      new RangeError(`It has ${bytes} bytes of JSON; the maximum is ${bytes - 1}.`),
    );
  });
});

describe("toJobFields", () => {
  const summary: Omit<JobSummary, "kind"> = {
    ...{ id: "i", plugin: "p", name: "n", uri: "/buckets/a", user: "u", created: 1, started: 2 },
    ...{ ended: 3, attempt: 4, error: "e", expires: 5, expiry: 6, turn: 7, run: 8, worked: 9, begun: true },
    cancelling: false,
    status: "failed",
  };
  const fields = {
    ...{ id: "i", plugin: "p", uri: "/buckets/a", user_id: "u", status: "failed", created: 1, started: 2, ended: 3 },
    ...{ attempt: 4, error: "e" },
  };

  it.each(["action", "schedule"] as const)("names the job by its %s", (kind) => {
    expect(toJobFields({ ...summary, kind })).toEqual({ ...fields, [kind]: "n" });
  });
});

describe("messages of jobs", () => {
  it("are read as they were written", () => {
    const message = toJobMessage({ id: "i", turn: 3, plugin: "p", delay: 60 });

    expect(message).toMatchObject({ queue: "p-jobs", delaySeconds: 60 });
    expect(parseJobMessage(message.body)).toEqual({ id: "i", turn: 3 });
    expect(parseJobMessage(toScheduleMessage("s", "2026-01-02T03:04:05Z"))).toEqual({
      schedule: "s",
      due: Date.UTC(2026, 0, 2, 3, 4, 5),
    });
  });

  it.each<[Json]>([
    [null],
    [[]],
    ["x"],
    [{}],
    [{ job: "i" }],
    [{ job: 1, turn: 1 }],
    [{ job: "i", turn: "1" }],
    [{ schedule: "s" }],
    [{ schedule: "s", due: "x" }],
    [{ schedule: "s", due: 5 }],
    [{ schedule: 1, due: "2026-01-02T03:04:05Z" }],
    [{ due: "2026-01-02T03:04:05Z" }],
  ])("are not %j", (body) => {
    expect(() => parseJobMessage(JSON.stringify(body))).toThrow(new TypeError("The message is not a job of Kintoun"));
  });
});
