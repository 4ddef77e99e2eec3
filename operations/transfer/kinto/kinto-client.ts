import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../../config/user-error.ts";
import { isObject, type JsonObject, parseJson } from "../../../lib/json.ts";

/** A response of Kinto. */
export interface KintoResponse {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers: Headers;
}

export interface KintoClientOptions {
  /** URL of the API with its version, such as `https://kinto.example/v1`. */
  readonly url: string;
  /** The header of a user. */
  readonly authorization: string | undefined;
  readonly signal: AbortSignal;
}

const MAX_TRIES = 8;
const MAX_PAUSE_SECONDS = 60;
const TIMEOUT_MS = 60_000;
/** More than pages of 10,000 small records have. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
/** Statuses after which a request is sent again. */
const TRANSIENT: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

export type KintoClient = ReturnType<typeof createKintoClient>;

/** Sends requests to a Kinto server. Tries again as the server asks: `Retry-After` and `Backoff`. */
export const createKintoClient = ({ url, authorization, signal }: KintoClientOptions) => {
  const root = url.replace(/\/+$/, "");
  const headers = { accept: "application/json", ...(authorization !== undefined && { authorization }) };
  let backoffSeconds = 0;

  const send = async (target: string, init: RequestInit = {}): Promise<Response> => {
    for (let attempt = 1; ; attempt++) {
      if (backoffSeconds > 0) await sleep(backoffSeconds * 1000, undefined, { signal });
      backoffSeconds = 0;
      let reason: string;
      let retrySeconds: number;
      try {
        const response = await fetch(target, {
          ...init,
          headers: { ...headers, ...init.headers },
          signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        });
        backoffSeconds = readSeconds(response.headers, "backoff") ?? 0;
        if (!TRANSIENT.has(response.status)) return response;
        await response.body?.cancel();
        reason = `it answers ${response.status}`;
        retrySeconds = readSeconds(response.headers, "retry-after") ?? 2 ** attempt / 2;
      } catch (error) {
        signal.throwIfAborted();
        reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
        retrySeconds = 2 ** attempt / 2;
      }
      if (attempt === MAX_TRIES)
        throw new UserError([
          `${target} cannot be read: ${reason}. Check the server, and run the command again to continue.`,
        ]);
      await sleep(Math.min(retrySeconds, MAX_PAUSE_SECONDS) * 1000, undefined, { signal });
    }
  };

  const request = async (target: string, init: RequestInit = {}): Promise<KintoResponse> => {
    const response = await send(target, init);
    const text = await readText(response, target);
    const body: unknown = text === "" ? {} : parseJson(text);
    return { status: response.status, body: isObject(body) ? body : {}, headers: response.headers };
  };

  return {
    root,
    /** @param path below the root, or a URL of this server, such as that of a next page */
    get: (path: string, more: Readonly<Record<string, string>> = {}): Promise<KintoResponse> =>
      request(path.startsWith("/") ? `${root}${path}` : requireSameOrigin(root, path), { headers: more }),
    /** Gets several objects at once. @returns the responses in the same order */
    getAll: async (paths: readonly string[]): Promise<readonly Pick<KintoResponse, "status" | "body">[]> => {
      const requests = paths.map((path) => ({ method: "GET", path }));
      const { status, body } = await request(`${root}/batch`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ requests }),
      });
      const { responses } = body;
      if (status !== 200 || !Array.isArray(responses))
        throw new UserError([
          `${root}/batch answers ${status}. Enable batch requests in Kinto for the time of the import.`,
        ]);
      return responses.map((one) => {
        const { status = 500, body: content = {} } = isObject(one) ? one : {};
        return { status: Number(status), body: isObject(content) ? content : {} };
      });
    },
    /** Reads a file in parts; `undefined` if there is none. Other hosts do not get the credentials. */
    download: async (location: string): Promise<AsyncIterable<Uint8Array> | undefined> => {
      const target = new URL(location, root);
      const isOwn = target.origin === new URL(root).origin;
      const response = isOwn ? await send(target.href) : await fetch(target, { signal });
      if (!response.ok || response.body === null) {
        await response.body?.cancel();
        return undefined;
      }
      return response.body;
    },
  };
};

const readSeconds = (headers: Headers, name: string): number | undefined => {
  const value = headers.get(name);
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.min(seconds, MAX_PAUSE_SECONDS));
};

/** The credentials must not be sent to where a response points. */
const requireSameOrigin = (root: string, target: string): string => {
  const { pathname, search } = new URL(target, root);
  // Behind a proxy, Kinto may name itself by another scheme or host.
  return `${new URL(root).origin}${pathname}${search}`;
};

const readText = async (response: Response, target: string): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES)
      throw new UserError([`The response of ${target} is larger than ${MAX_RESPONSE_BYTES} bytes.`]);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};
