import type { JsonObject } from "../../lib/json.ts";
import type { RawRequest } from "../send-raw.ts";

/** A request on a page, and the response that the page shows for it. */
export interface Example {
  /** Line of the request in the page, from 1. */
  readonly line: number;
  /** Settings of a new store that this example and the following ones use. */
  readonly settings: JsonObject | undefined;
  /** Requests that the page does not show and that are sent before this one. */
  readonly setup: readonly RawRequest[];
  readonly request: RawRequest;
  readonly response: ShownResponse;
}

interface ShownResponse {
  readonly status: number;
  /** The headers that the page shows. A response may have more. */
  readonly headers: readonly Header[];
  /** `undefined` if the page shows no body. */
  readonly body: string | undefined;
}

type Header = readonly [name: string, value: string];

/** A request or a response. */
interface Message {
  /** The first line. */
  readonly start: string;
  readonly headers: readonly Header[];
  readonly body: string | undefined;
}

const BLOCKS = /^<!-- settings: (\{.*\}) -->$|^<!-- setup\n([\s\S]*?)^-->$|^```http\n([\s\S]*?)^```$/gm;

/**
 * Reads the examples of a page. An example is a fenced `http` block with a request, followed by one with its
 * response. Two kinds of comments prepare the store for the next example:
 *
 * - `<!-- settings: {"readonly": true} -->` starts a new store with these settings.
 * - `<!-- setup`, lines such as `PUT /v1/buckets/blog {"data": {}}`, and `-->` send requests as alice.
 */
export const examplesOf = (page: string): readonly Example[] => {
  const examples: Example[] = [];
  let settings: JsonObject | undefined;
  let setup: readonly RawRequest[] = [];
  let asked: { readonly line: number; readonly message: Message } | undefined;
  for (const { 0: block, 1: newSettings, 2: setupLines, 3: text = "", index } of page.matchAll(BLOCKS)) {
    const line = page.slice(0, index).split("\n").length;
    if (asked !== undefined && !block.startsWith("```http\nHTTP/"))
      throw new Error(`The request in line ${asked.line} has no response.`);
    if (newSettings !== undefined) settings = JSON.parse(newSettings);
    else if (setupLines !== undefined) setup = setupLines.trim().split("\n").map(parseSetup);
    else if (!text.startsWith("HTTP/")) asked = { line, message: parseMessage(text) };
    else {
      if (asked === undefined) throw new Error(`The response in line ${line} has no request.`);
      const request = toRequest(asked.message);
      examples.push({ line: asked.line, settings, setup, request, response: toResponse(parseMessage(text)) });
      [settings, setup, asked] = [undefined, [], undefined];
    }
  }
  if (asked !== undefined) throw new Error(`The request in line ${asked.line} has no response.`);
  return examples;
};

const parseMessage = (text: string): Message => {
  const [head = "", ...body] = text.split("\n\n");
  const [start = "", ...lines] = head.trimEnd().split("\n");
  const headers = lines.map((line): Header => {
    const [, name, value = ""] = /^([\w-]+): ?(.*)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`"${line}" is not a header.`);
    return [name, value];
  });
  return { start, headers, body: body.length === 0 ? undefined : body.join("\n\n").trimEnd() };
};

const SETUP_HEADERS: readonly Header[] = [
  ["Authorization", "Basic alice:secret"],
  ["Content-Type", "application/json"],
];

const parseSetup = (line: string): RawRequest => {
  const [, start = "", body = ""] = /^(\w+ \S+) ?(.*)$/.exec(line) ?? [];
  return toRequest({ start, headers: SETUP_HEADERS, body: body === "" ? undefined : body });
};

const toRequest = ({ start, headers, body }: Message): RawRequest => {
  const [, method, path] = /^(\w+) \/v1(\/\S*)$/.exec(start) ?? [];
  if (method === undefined || path === undefined)
    throw new Error(`"${start}" is not a method and a path that begins with /v1.`);
  const sent = headers.map(([name, value]) => [name, name === "Authorization" ? encodeCredentials(value) : value]);
  return { method, path, headers: Object.fromEntries(sent), ...(body !== undefined && { body }) };
};

/** Pages show credentials as `Basic alice:secret`, without base64. */
const encodeCredentials = (value: string): string =>
  value.replace(/^Basic (.*:.*)$/, (_, credentials) => `Basic ${Buffer.from(credentials).toString("base64")}`);

const toResponse = ({ start, headers, body }: Message): ShownResponse => ({
  status: Number(start.split(" ")[1]),
  headers,
  body,
});
