import { createHmac } from "node:crypto";
import { Agent, request } from "node:http";
import { isObject, type Json } from "../../../lib/json.ts";
import { placeOf, type Step } from "./story.ts";

export const SECRET = "a secret of both";

/** A request as it went out, or as it stood in a batch. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly inBatch?: boolean;
}

export interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** A text that is no JSON is kept as it is; `undefined` when empty. */
  readonly body: Json | undefined;
}

/** What came back for a request; a batch's own requests one by one in `parts`. */
export interface Exchange {
  readonly sent: Sent;
  readonly answer: Answer;
  readonly parts: readonly Exchange[];
}

/** Ms within which a server must answer. */
const PATIENCE = 60_000;

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

/** Tells a story to one server: puts in for each symbol what this server was seen to answer. */
export class Teller {
  readonly #origin: string;
  readonly #world: number;
  readonly #times = new Map<string, number[]>();
  readonly #nextPages = new Map<string, string>();
  readonly #made = new Map<string, string[]>();

  constructor(origin: string, world: number) {
    this.#origin = origin;
    this.#world = world;
  }

  /** Ids that the server made, in the order it made them. */
  get made(): readonly string[] {
    return [...this.#made.values()].flat();
  }

  async tell({ as, method, path, headers = {}, body }: Step): Promise<Exchange> {
    const filled = Object.entries(headers).map(([name, value]): [string, string] => [
      name.toLowerCase(),
      this.#fill(value),
    ]);
    const text = body === undefined ? undefined : this.#fill(body);
    const sent = {
      method,
      path: this.#fill(path),
      headers: {
        ...(as !== null && { authorization: this.#fill(`{{basic:${as}}}`) }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...Object.fromEntries(filled),
      },
      body: text,
    };
    const exchange = withParts(sent, await send(this.#origin, sent));
    for (const each of [exchange, ...exchange.parts]) this.#learn(each);
    return exchange;
  }

  #learn({ sent, answer }: Exchange): void {
    const place = placeOf(sent.path);
    const time = Number(/^"(\d+)"$/.exec(answer.headers.etag ?? "")?.[1]);
    const times = entry(this.#times, place, () => []);
    if (Number.isInteger(time) && times.at(-1) !== time) times.push(time);
    const next = answer.headers["next-page"];
    const pages = sent.method === "DELETE" ? `DELETE ${place}` : place;
    if (next !== undefined) this.#nextPages.set(pages, next.replace(/^https?:\/\/[^/]*/, ""));
    else this.#nextPages.delete(pages);
    const id = isObject(answer.body) && isObject(answer.body.data) ? answer.body.data.id : undefined;
    if (sent.method === "POST" && answer.status === 201 && typeof id === "string" && !sent.body?.includes(id))
      entry(this.#made, place, () => []).push(id);
  }

  #fill(text: string): string {
    return text
      .replaceAll("{{w}}", String(this.#world))
      .replace(/"#(\{\{[^{}]*\}\})"/g, "$1")
      .replace(/\{\{(\w+):([^{}]*)\}\}/g, (_, name: string, rest: string) => this.#seen(name, rest.split(":")));
  }

  #seen(name: string, [of = "", back = "0", plus = "0"]: readonly string[]): string {
    const pair = `${of}${this.#world}:secret`;
    if (name === "basic") return `Basic ${Buffer.from(pair).toString("base64")}`;
    if (name === "user") return `basicauth:${createHmac("sha256", SECRET).update(pair).digest("hex")}`;
    if (name === "time") return String((this.#times.get(of)?.at(-1 - Number(back)) ?? LONG_AGO) + Number(plus));
    if (name === "next") return this.#nextPages.get(of) ?? of.replace("DELETE ", "");
    if (name === "id") return this.#made.get(of)?.at(-1 - Number(back)) ?? "nothing-made";
    throw new Error(`There is no symbol ${name}.`);
  }
}

/** A timestamp that no list of a run has. */
const LONG_AGO = 1_500_000_000_000;

const entry = <V>(map: Map<string, V>, key: string, make: () => V): V => {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
};

/** Letter by letter: fetch would tidy up paths, and refuse some methods. */
const send = (origin: string, { method, path, headers, body }: Sent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const length =
      body === undefined
        ? ["GET", "HEAD", "OPTIONS"].includes(method)
          ? {}
          : { "content-length": "0" }
        : { "content-length": String(Buffer.byteLength(body)) };
    const sent = request({ hostname, port, method, path, headers: { ...length, ...headers }, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const told = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]);
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(told),
          body: parsed(Buffer.concat(chunks).toString("utf8")),
        });
      });
    });
    // What comes after the end of an answer (the text of a refusal of HEAD) is nobody's.
    sent.on("socket", (socket) => socket.listenerCount("error") < 3 && socket.on("error", () => undefined));
    sent.on("error", reject);
    sent.setTimeout(PATIENCE, () => sent.destroy(new Error(`Nothing was answered to ${method} ${path}.`)));
    sent.end(body);
  });

const parsed = (text: string): Json | undefined => {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
};

/** A batch's answers beside its requests, its defaults in them. */
const withParts = (sent: Sent, answer: Answer): Exchange => {
  const asked = sent.method === "POST" && /\/batch\/?$/.test(placeOf(sent.path)) ? parsed(sent.body ?? "") : undefined;
  const responses = isObject(answer.body) ? answer.body.responses : undefined;
  if (!isObject(asked) || !Array.isArray(asked.requests) || !Array.isArray(responses))
    return { sent, answer, parts: [] };
  const defaults = isObject(asked.defaults) ? asked.defaults : {};
  const requests = asked.requests.map((request) => ({ ...defaults, ...(isObject(request) ? request : {}) }));
  const parts = responses.filter(isObject).map(({ status, headers, body }, place): Exchange => {
    const request = requests[place] ?? {};
    const path = String(request.path ?? "");
    return {
      sent: {
        method: String(request.method ?? "GET"),
        path: /^\/v\d+(\/|$)/.test(path) ? path : `/v1${path}`,
        headers: { ...sent.headers, ...lowerCase(request.headers) },
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
        inBatch: true,
      },
      answer: { status: Number(status), headers: lowerCase(headers), body },
      parts: [],
    };
  });
  return { sent, answer, parts };
};

const lowerCase = (headers: Json | undefined): Record<string, string> =>
  isObject(headers)
    ? Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
    : {};
