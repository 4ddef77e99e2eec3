import { validateHeaderName, validateHeaderValue } from "node:http";
import type { RouteAnswer } from "../../kit/route.ts";
import { type Answer, answer, isJson } from "./answer.ts";

/** What the gateway writes itself. */
const GATEWAYS_OWN: ReadonlySet<string> = new Set([
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "trailer",
  "upgrade",
]);

/** What a plugin answers, once it was found to be an answer; throws a TypeError for the log where it is none. @param known a body that is JSON */
export const pluginAnswer = ({ status, headers = {}, body }: RouteAnswer, known: string | null = null): Answer => {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError(`its status is ${String(status)}, which is none from 200 to 599`);
  if (body !== null && typeof body !== "string")
    throw new TypeError(`its body is a ${typeof body}, where text or null is expected; json() makes an answer of data`);
  const own = answer(status, body);
  // Of names that differ in their case alone the last one counts, written as the first.
  const all = new Map(Object.entries(own.headers).map((header) => [header[0].toLowerCase(), header]));
  for (const [name, value] of Object.entries(headers)) {
    const key = requireHeader(name, value);
    all.set(key, [all.get(key)?.[0] ?? name, value]);
  }
  const made = { ...own, headers: Object.fromEntries(all.values()) };
  if (made.body !== null && made.body !== known && isJson(made)) requireJson(made.body);
  return made;
};

/** The name of a header in lower case; throws where it can't be one of an answer. */
const requireHeader = (name: string, value: unknown): string => {
  validateHeaderName(name);
  if (typeof value !== "string") throw new TypeError(`its header ${name} is a ${typeof value}, where text is expected`);
  validateHeaderValue(name, value);
  if (GATEWAYS_OWN.has(name.toLowerCase())) throw new TypeError(`its header ${name} is written by the gateway alone`);
  return name.toLowerCase();
};

const requireJson = (body: string): void => {
  try {
    JSON.parse(body);
  } catch {
    throw new TypeError("its body is no JSON, and it has no Content-Type that says so");
  }
};
