import { validateHeaderName, validateHeaderValue } from "node:http";
import type { RouteAnswer } from "../../kit/route.ts";
import { type Answer, answer, isJson } from "./answer.ts";

/** What the gateway writes itself. */
const GATEWAYS_OWN: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "connection", "keep-alive", "trailer", "upgrade"]);

/** What a plugin answers, once it was found to be an answer; throws a TypeError for the log where it is none. @param known a body that is JSON */
export const pluginAnswer = ({ status, headers = {}, body }: RouteAnswer, known: string | null = null): Answer => {
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new TypeError(`its status is ${String(status)}, which is none from 200 to 599`);
  if (body !== null && typeof body !== "string")
    throw new TypeError(`its body is a ${typeof body}, where text or null is expected; json() makes an answer of data`);
  const own = answer(status, body);
  const names = new Map(Object.keys(own.headers).map((name) => [name.toLowerCase(), name]));
  const given = Object.entries(headers).map(([name, value]): [string, string] => {
    validateHeaderName(name);
    if (typeof value !== "string") throw new TypeError(`its header ${name} is a ${typeof value}, where text is expected`);
    validateHeaderValue(name, value);
    if (GATEWAYS_OWN.has(name.toLowerCase())) throw new TypeError(`its header ${name} is written by the gateway alone`);
    return [names.get(name.toLowerCase()) ?? name, value];
  });
  const made = { ...own, headers: { ...own.headers, ...Object.fromEntries(given) } };
  if (made.body !== null && made.body !== known && isJson(made)) requireJson(made.body);
  return made;
};

const requireJson = (body: string): void => {
  try {
    JSON.parse(body);
  } catch {
    throw new TypeError("its body is no JSON, and it has no Content-Type that says so");
  }
};
