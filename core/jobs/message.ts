import { isObject } from "../../lib/json.ts";
import { type Job, jobsQueue } from "./job.ts";

/** What comes on a plugin's queue of jobs: a job whose turn it is, or a schedule whose time has come. */
export type JobMessage = JobTurn | { readonly schedule: string /** Epoch ms. */; readonly due: number };

export type JobTurn = Pick<Job, "id" | "turn">;

/** A job that was queued, as the table tells it. */
export interface QueuedJob extends JobTurn {
  readonly plugin: string;
  /** Seconds after which it is to be worked on. */
  readonly delay: number;
}

export const toJobMessage = ({ id, turn, plugin, delay }: QueuedJob) => ({
  to: jobsQueue(plugin),
  body: JSON.stringify({ job: id, turn }),
  delay,
});

/** @param due a date, as a clock that is no part of the store may write it */
export const toScheduleMessage = (schedule: string, due: string): string => JSON.stringify({ schedule, due });

/** Reads a message of {@link toJobMessage} or {@link toScheduleMessage}; throws when it is something else. */
export const fromJobMessage = (body: string): JobMessage => {
  const message: unknown = JSON.parse(body);
  if (isObject(message)) {
    const { job, turn, schedule, due } = message;
    if (typeof job === "string" && typeof turn === "number") return { id: job, turn };
    const time = typeof due === "string" ? Date.parse(due) : Number.NaN;
    if (typeof schedule === "string" && !Number.isNaN(time)) return { schedule, due: time };
  }
  throw new TypeError("The message is about no job of Kintoun");
};
