import { randomUUID } from "node:crypto";
import { Problem } from "../app/problem.ts";
import type { Position } from "../core/events/present.ts";
import { isObject } from "../core/json.ts";

/** What says where a replay that was cut off is to go on. */
export interface ReplayToken {
  readonly run: string;
  readonly listener: string;
  readonly position: Position;
}

export const toToken = (token: ReplayToken): string => Buffer.from(JSON.stringify(token)).toString("base64url");

/** Reads what {@link toToken} wrote; without one, a run of its own begins. */
export const readToken = (token: string | undefined, listener: string): ReplayToken => {
  if (token === undefined) return { run: randomUUID(), listener, position: [] };
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    read = undefined;
  }
  const right =
    isObject(read) && typeof read.run === "string" && typeof read.listener === "string" && Array.isArray(read.position) && read.position.every(isStep);
  if (!right) throw new Problem(["--resume takes what a replay printed when it was cut off."]);
  const found = read as unknown as ReplayToken;
  if (found.listener !== listener) throw new Problem([`--resume is of a replay to '${found.listener}', not to '${listener}'.`]);
  return found;
};

const isStep = (step: unknown): boolean =>
  isObject(step) && typeof step.resource === "string" && typeof step.id === "string" && typeof step.last_modified === "number";
