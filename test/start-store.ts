import { readConfig } from "../app/config.ts";
import type { Overrides } from "../app/environment.ts";
import { jsonLog } from "../core/log.ts";
import type { KintounConfig } from "../kit/config.ts";
import { type CloudOptions, startCloud } from "../local/cloud.ts";
import { basicauth } from "../plugins/basicauth/index.ts";
import { documented } from "./documented.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; `undefined` when it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says itself what it expects in an answer
  readonly body: any;
}

export interface Ask {
  readonly method?: string;
  readonly as?: string | null;
  /** Sent as JSON; a string or bytes are sent as they are. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** A whole store on the embedded cloud, on a free port, keeping nothing; and a client of its HTTP API, which takes no answer that the API's document does not tell of. */
export const startStore = async ({
  plugins = [basicauth()],
  settings = {},
  overrides = {},
  ...options
}: Partial<KintounConfig> & { overrides?: Overrides } & Partial<Omit<CloudOptions, "config">> = {}) => {
  const logged: string[] = [];
  const config = readConfig({ plugins, settings }, overrides);
  const cloud = await startCloud({ config, port: 0, log: jsonLog((line) => logged.push(line)), ...options });

  let book: ReturnType<typeof documented> | undefined;

  const ask = async (path: string, { method = "GET", as = "alice", body, headers = {} }: Ask = {}): Promise<Answer> => {
    const raw = typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(path.startsWith("http") ? path : `${cloud.url}${path}`, {
      method,
      headers: {
        ...(as !== null && { authorization: `Basic ${Buffer.from(`${as}:secret`).toString("base64")}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
    book ??= documented(cloud.url);
    const check = await book;
    check({ method, path: new URL(response.url).pathname, asked: raw ? undefined : body, ...answer });
    return answer;
  };

  return {
    ...cloud,
    /** Lines of the log so far. */
    logged: logged as readonly string[],
    ask,
    get: (path: string, more: Ask = {}) => ask(path, more),
    put: (path: string, body?: unknown, more: Ask = {}) => ask(path, { method: "PUT", body, ...more }),
    post: (path: string, body?: unknown, more: Ask = {}) => ask(path, { method: "POST", body, ...more }),
    patch: (path: string, body?: unknown, more: Ask = {}) => ask(path, { method: "PATCH", body, ...more }),
    delete: (path: string, more: Ask = {}) => ask(path, { method: "DELETE", ...more }),
    /** The user's id, as hello tells it. */
    userId: async (as: string): Promise<string> => (await ask("/", { as })).body.user.id,
    [Symbol.asyncDispose]: cloud.close,
  };
};

export type TestStore = Awaited<ReturnType<typeof startStore>>;
