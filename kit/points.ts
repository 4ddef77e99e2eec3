import type { HookPoints } from "../core/hook-points.ts";
import { defineHookPoint, type HookPoint } from "./hook-point.ts";

const JOB = {
  job_id: "The job.",
  plugin: "The plugin whose job it is.",
  action: "The action, or the schedule.",
  uri: "What it was asked at; null for the server.",
  user: "Who asked for it.",
};

/** The points of the store's own long operations. */
export const storeHookPoints: { readonly [Name in keyof HookPoints]: HookPoint<HookPoints[Name]> } = {
  "batch.pre": defineHookPoint({
    name: "batch.pre",
    about: "Before the requests of a batch are looked at.",
    params: { user: "Who sends it.", requests: "Method and path of each." },
    veto: true,
  }),
  "batch.post": defineHookPoint({
    name: "batch.post",
    about: "Once a batch is committed.",
    params: { user: "Who sent it.", requests: "Method, path and status of each." },
    veto: false,
  }),
  "purge.pre": defineHookPoint({
    name: "purge.pre",
    about: "Before the remains of what was below a deleted object are removed.",
    params: { uri: "The object that was deleted." },
    veto: false,
  }),
  "purge.post": defineHookPoint({
    name: "purge.post",
    about: "Once they are removed.",
    params: { uri: "The object that was deleted." },
    veto: false,
  }),
  "flush.pre": defineHookPoint({ name: "flush.pre", about: "Before everything is removed.", params: {}, veto: true }),
  "flush.post": defineHookPoint({ name: "flush.post", about: "Once everything is removed.", params: {}, veto: false }),
  "job.start": defineHookPoint({
    name: "job.start",
    about: "Before a job is worked on for the first time.",
    params: JOB,
    veto: true,
  }),
  "job.end": defineHookPoint({
    name: "job.end",
    about: "Once a job has ended.",
    params: { ...JOB, status: "succeeded, failed or cancelled." },
    veto: false,
  }),
};
