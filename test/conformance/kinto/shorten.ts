import { isObject, type Json } from "../../../lib/json.ts";
import type { Discord, Played } from "./play.ts";
import type { Step, Story } from "./story.ts";
import type { Answer } from "./teller.ts";

/** Stories tried for one discord. */
const TRIES = 120;

/** What makes two discords the same for a reader, whatever the values in them. */
export const kindOf = ({ sent, differences, kinto, kintoun }: Discord): string => {
  if (kinto.status !== kintoun.status)
    return `${kinto.status} ${messageOf(kinto)} / ${kintoun.status} ${messageOf(kintoun)}`;
  const where = differences.map((difference) => difference.where.replace(/\.\d+(?=\.|$)/g, ".#"));
  return `${kinto.status} ${sent.method} ${[...new Set(where)].toSorted().join(" ")}`;
};

/** Without what the request brought to it. */
const messageOf = ({ body }: Answer): string =>
  isObject(body) && typeof body.message === "string" ? body.message.replace(/["'].*["']|\d+/g, "") : "";

/** The story with all left out that the discord at its end does not need. */
export const shorten = async (
  story: Story,
  discord: Discord,
  play: (story: Story) => Promise<Played>,
): Promise<{ story: Story; discord: Discord }> => {
  const kind = kindOf(discord);
  let best = { story, discord };
  let tries = 0;
  const holds = async (candidate: Story): Promise<boolean> => {
    if (tries++ >= TRIES) return false;
    const { sent, discord: found } = await play(candidate);
    if (found === undefined || kindOf(found) !== kind) return false;
    best = { story: candidate.slice(0, sent), discord: found };
    return true;
  };
  for (let size = Math.ceil(story.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = best.story.length - 1; end > 0; end -= size) {
      const at = Math.min(end, best.story.length - 1);
      await holds(best.story.toSpliced(Math.max(0, at - size), Math.min(size, at)));
    }
  }
  for (const [place, step] of best.story.entries()) {
    for (const simpler of simplerSteps(step)) await holds(best.story.with(place, simpler));
  }
  return best;
};

/** The step with one thing less: a header, its body, a parameter, a request of its batch. */
const simplerSteps = (step: Step): Step[] => {
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
    ...(body === undefined ? [] : fewerRequests(body).map((shorter) => ({ ...step, body: shorter }))),
  ];
};

const fewerRequests = (body: string): string[] => {
  let read: Json;
  try {
    read = JSON.parse(body) as Json;
  } catch {
    return [];
  }
  if (!isObject(read) || !Array.isArray(read.requests)) return [];
  const { requests } = read;
  return requests.map((one) => JSON.stringify({ ...read, requests: [one] }));
};
