import { randomUUID } from "node:crypto";
import { UserError } from "../config/problem.ts";
import type { Position } from "../core/events/present.ts";
import { isObject } from "../lib/json.ts";

/** What a replay is about, and where it has come to: what there is need be said once, and means the same when it goes on. */
export interface ReplayToken {
  readonly run: string;
  readonly listener: string;
  /** Epoch ms. */
  readonly since?: number | undefined;
  readonly prefix: string;
  readonly position: WalkPosition;
}

export const toToken = (token: ReplayToken): string => Buffer.from(JSON.stringify(token)).toString("base64url");

/** A replay of its own. */
export const newRun = (about: Pick<ReplayToken, "listener" | "since" | "prefix">): ReplayToken => ({
  ...about,
  run: randomUUID(),
  position: [],
});

/** Reads what {@link toToken} wrote. */
export const readToken = (token: string, listener: string): ReplayToken => {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    read = undefined;
  }
  const right =
    isObject(read) &&
    [read.run, read.listener, read.prefix].every((text) => typeof text === "string") &&
    (read.since === undefined || typeof read.since === "number") &&
    Array.isArray(read.position) &&
    read.position.every(isStep);
  if (!right) throw new UserError(["--resume takes what a replay printed when it was cut off."]);
  const found = read as unknown as ReplayToken;
  if (found.listener !== listener)
    throw new UserError([`--resume is of a replay to '${found.listener}', not to '${listener}'.`]);
  return found;
};

const isStep = (step: unknown): boolean =>
  isObject(step) && typeof step.resource === "string" && typeof step.id === "string";
