import { createHmac } from "node:crypto";
import { Agent, request } from "node:http";
import { isObject, type Json, type JsonObject, parseExactJson } from "../../../lib/json.ts";
import { lengthen } from "../../time-limits.ts";
import { pathOnly, type Step } from "./scenario.ts";
import { ACCOUNT_USERS } from "./values.ts";

export const SECRET = "shared-secret";

const ADMIN = "admin";
const PASSWORD = "secret";

const basicUser = (user: string): string =>
  `basicauth:${createHmac("sha256", SECRET).update(`${user}:${PASSWORD}`).digest("hex")}`;

/** The id of the administrator of accounts, who has none. */
export const ADMIN_USER_ID = basicUser(ADMIN);

/** A request as it was sent, or as it was part of a batch. */
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
  /** Text that is not JSON is kept as a string; `undefined` when empty. */
  readonly body: Json | undefined;
}

/** A request and its answer; for a batch also those of its parts. */
export interface Exchange {
  readonly sent: Sent;
  readonly answer: Answer;
  readonly parts: readonly Exchange[];
}

const ANSWER_TIMEOUT_MS = lengthen(60_000);

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

/** Sends a scenario to one server, and replaces symbols with values from this server's earlier answers. */
export class ScenarioClient {
  readonly #origin: string;
  readonly #world: number;
  readonly #hasAccounts: boolean;
  readonly #times = new Map<string, number[]>();
  readonly #nextPages = new Map<string, string>();
  readonly #made = new Map<string, string[]>();

  constructor(origin: string, world: number, hasAccounts: boolean) {
    this.#origin = origin;
    this.#hasAccounts = hasAccounts;
    this.#world = world;
  }

  /** Ids that the server generated, oldest first. */
  get generatedIds(): readonly string[] {
    return [...this.#made.values()].flat();
  }

  async send({ user: as, method, path, headers = {}, body }: Step): Promise<Exchange> {
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
    const exchange = splitBatch(sent, await sendRaw(this.#origin, sent));
    for (const each of [exchange, ...exchange.parts]) this.#learn(each);
    return exchange;
  }

  #learn({ sent, answer }: Exchange): void {
    const place = pathOnly(sent.path);
    const time = Number(/^"(\d+)"$/.exec(answer.headers.etag ?? "")?.[1]);
    const times = getOrCreate(this.#times, place, () => []);
    if (Number.isInteger(time) && times.at(-1) !== time) times.push(time);
    const next = answer.headers["next-page"];
    const pages = sent.method === "DELETE" ? `DELETE ${place}` : place;
    // HEAD of some lists counts, and has no next page.
    if (sent.method === "HEAD") return;
    if (next !== undefined) this.#nextPages.set(pages, next.replace(/^https?:\/\/[^/]*/, ""));
    else this.#nextPages.delete(pages);
    const id = isObject(answer.body) && isObject(answer.body.data) ? answer.body.data.id : undefined;
    if (sent.method === "POST" && answer.status === 201 && typeof id === "string" && !sent.body?.includes(id))
      getOrCreate(this.#made, place, () => []).push(id);
  }

  #fill(text: string): string {
    return text
      .replaceAll("{{w}}", String(this.#world))
      .replace(/"#(\{\{[^{}]*\}\})"/g, "$1")
      .replace(/\{\{(\w+):([^{}]*)\}\}/g, (_, name: string, rest: string) => this.#seen(name, rest.split(":")));
  }

  #seen(name: string, [of = "", second, third]: readonly string[]): string {
    // The settings of both servers name the administrator.
    const user = of === ADMIN ? of : `${of}${this.#world}`;
    if (name === "basic") return `Basic ${Buffer.from(`${user}:${second ?? PASSWORD}`).toString("base64")}`;
    if (name === "user") return this.#hasAccounts && ACCOUNT_USERS.includes(of) ? `account:${user}` : basicUser(user);
    const [back, plus] = [second ?? "0", third ?? "0"];
    if (name === "time") return String((this.#times.get(of)?.at(-1 - Number(back)) ?? UNKNOWN_TIME_MS) + Number(plus));
    if (name === "next") return this.#nextPages.get(of) ?? of.replace("DELETE ", "");
    if (name === "id") return this.#made.get(of)?.at(-1 - Number(back)) ?? "no-generated-id";
    throw new Error(`Unknown symbol {{${name}}} in a scenario.`);
  }
}

/** Used when no timestamp was answered yet. No list of a run has it. */
const UNKNOWN_TIME_MS = 1_500_000_000_000;

const getOrCreate = <V>(map: Map<string, V>, key: string, make: () => V): V => {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
};

/** Sends the request byte by byte: `fetch` would normalize paths and refuse some methods. */
const sendRaw = (origin: string, { method, path, headers, body }: Sent): Promise<Answer> =>
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
        const lowerCased = Object.entries(response.headers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]);
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(lowerCased),
          body: parseBody(Buffer.concat(chunks).toString("utf8")),
        });
      });
    });
    // Kinto sends a body with refused HEAD requests. The bytes after the answer are ignored.
    sent.on("socket", (socket) => socket.listenerCount("error") < 3 && socket.on("error", () => undefined));
    sent.on("error", reject);
    sent.setTimeout(ANSWER_TIMEOUT_MS, () =>
      sent.destroy(new Error(`${method} ${path} was not answered within ${ANSWER_TIMEOUT_MS} ms.`)),
    );
    sent.end(body);
  });

const parseBody = (text: string): Json | undefined => {
  if (text === "") return undefined;
  try {
    return parseExactJson(text) as Json;
  } catch {
    return text;
  }
};

/** Pairs the answers of a batch with its requests, with defaults applied. */
const splitBatch = (sent: Sent, answer: Answer): Exchange => {
  const batch =
    sent.method === "POST" && /\/batch\/?$/.test(pathOnly(sent.path)) ? parseBody(sent.body ?? "") : undefined;
  const responses = isObject(answer.body) ? answer.body.responses : undefined;
  if (!isObject(batch) || !Array.isArray(batch.requests) || !Array.isArray(responses))
    return { sent, answer, parts: [] };
  const defaults = isObject(batch.defaults) ? batch.defaults : {};
  const requests = batch.requests.map((request) => (isObject(request) ? addDefaults(request, defaults) : defaults));
  const parts = responses.filter(isObject).map(({ status, headers, body }, place): Exchange => {
    const request = requests[place] ?? {};
    const path = String(request.path ?? "");
    return {
      sent: {
        method: String(request.method ?? "GET"),
        path: /^\/v\d+(\/|$)/.test(path) ? path : `/v1${path}`,
        headers: { ...sent.headers, ...lowerCaseNames(request.headers) },
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
        inBatch: true,
      },
      answer: { status: Number(status), headers: lowerCaseNames(headers), body },
      parts: [],
    };
  });
  return { sent, answer, parts };
};

/** Adds what a request of a batch does not name, also within its headers and its body. */
const addDefaults = (request: JsonObject, defaults: JsonObject): JsonObject => {
  const inner = Object.entries(defaults).map(([name, value]): [string, Json] => {
    const own = Object.hasOwn(request, name) ? request[name] : undefined;
    return [name, own === undefined ? value : isObject(own) && isObject(value) ? addDefaults(own, value) : own];
  });
  return { ...request, ...Object.fromEntries(inner) };
};

const lowerCaseNames = (headers: Json | undefined): Record<string, string> =>
  isObject(headers)
    ? Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
    : {};
