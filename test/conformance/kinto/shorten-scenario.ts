import { isObject, type Json, parseExactJson } from "../../../lib/json.ts";
import type { Mismatch, ScenarioResult } from "./run-scenario.ts";
import type { Scenario, Step } from "./scenario.ts";
import type { Answer } from "./scenario-client.ts";

/** Maximum number of scenarios that are tried for one mismatch. */
const MAX_TRIES = 120;

/** Returns a key that is equal for mismatches with the same cause, whatever their values. */
export const mismatchKind = ({ sent, differences, kinto, kintoun }: Mismatch): string => {
  if (kinto.status !== kintoun.status)
    return `${kinto.status} ${messageOf(kinto)} / ${kintoun.status} ${messageOf(kintoun)}`;
  const where = differences.map((difference) => difference.where.replace(/\.\d+(?=\.|$)/g, ".#"));
  return `${kinto.status} ${sent.method} ${[...new Set(where)].toSorted().join(" ")}`;
};

/** Returns the message without values that came from the request. */
const messageOf = ({ body }: Answer): string =>
  isObject(body) && typeof body.message === "string" ? body.message.replace(/["'].*["']|\d+/g, "") : "";

/** Removes every step, header, parameter and part that the mismatch does not need. */
export const shortenScenario = async (
  scenario: Scenario,
  mismatch: Mismatch,
  play: (scenario: Scenario) => Promise<ScenarioResult>,
): Promise<{ scenario: Scenario; mismatch: Mismatch }> => {
  const kind = mismatchKind(mismatch);
  let best = { scenario, mismatch };
  let tries = 0;
  const holds = async (candidate: Scenario): Promise<boolean> => {
    if (tries++ >= MAX_TRIES) return false;
    const { sent, mismatch: found } = await play(candidate);
    if (found === undefined || mismatchKind(found) !== kind) return false;
    best = { scenario: candidate.slice(0, sent), mismatch: found };
    return true;
  };
  for (let size = Math.ceil(scenario.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = best.scenario.length - 1; end > 0; end -= size) {
      const at = Math.min(end, best.scenario.length - 1);
      await holds(best.scenario.toSpliced(Math.max(0, at - size), Math.min(size, at)));
    }
  }
  for (const [place, step] of best.scenario.entries()) {
    for (const simpler of listSimplerSteps(step)) await holds(best.scenario.with(place, simpler));
  }
  return best;
};

/** Returns variants of the step with one header, parameter or batch part less. */
const listSimplerSteps = (step: Step): Step[] => {
  const { headers = {}, body, path } = step;
  const fewerHeaders = Object.keys(headers).map((name) => ({
    ...step,
    headers: Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name)),
  }));
  const [place, query] = path.split("?");
  const parameters = query === undefined ? [] : query.split("&");
  const shorterQueries = parameters
    .map((_, at) => parameters.toSpliced(at, 1))
    .map((left) => ({ ...step, path: left.length === 0 ? `${place}` : `${place}?${left.join("&")}` }));
  return [
    ...fewerHeaders,
    ...shorterQueries,
    ...(body === undefined ? [] : listSmallerBatches(body).map((shorter) => ({ ...step, body: shorter }))),
  ];
};

const listSmallerBatches = (body: string): string[] => {
  let read: Json;
  try {
    read = parseExactJson(body) as Json;
  } catch {
    return [];
  }
  if (!isObject(read) || !Array.isArray(read.requests)) return [];
  const { requests } = read;
  return requests.map((one) => JSON.stringify({ ...read, requests: [one] }));
};
