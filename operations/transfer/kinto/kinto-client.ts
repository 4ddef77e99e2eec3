import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../../config/user-error.ts";
import { isObject, type JsonObject, parseJson } from "../../../lib/json.ts";
import { truncateText } from "../../../lib/util/truncate-text.ts";
import { describeError, followRedirects, readSeconds, readText } from "./http.ts";

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
  /** Called with the reason of a wait. */
  readonly onNotice: (text: string) => void;
}

interface Download<Result> {
  /** The URL, or a path of this server. */
  readonly location: string;
  /** Address of all files, which may be another server; empty for this one. */
  readonly baseUrl: string;
  readonly timeoutMs: number;
  /** Reads the body of a success. Is called again if the connection breaks. */
  readonly read: (body: AsyncIterable<Uint8Array>) => Promise<Result>;
}

interface Exchange<Result> {
  readonly target: URL;
  readonly init?: RequestInit;
  readonly maxTries: number;
  readonly timeoutMs: number;
  /** Which URLs a redirect may lead to. */
  readonly isAllowed: (url: URL) => boolean;
  readonly read: (response: Response) => Promise<Result>;
}

const MAX_TRIES = 8;
const MAX_DOWNLOAD_TRIES = 3;
const MAX_PAUSE_SECONDS = 60;
/** Longer waits are announced each time, others once for each reason. */
const MAX_SILENT_SECONDS = 5;
const TIMEOUT_MS = 60_000;
/** More than pages of 10,000 small records have. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
/** Of a URL in a message. */
const MAX_URL_CHARS = 300;
/** Statuses after which a request is sent again. */
const TRANSIENT: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

export type KintoClient = ReturnType<typeof createKintoClient>;

/** Sends requests to a Kinto server. Tries again as the server asks: `Retry-After` and `Backoff`. */
export const createKintoClient = ({ url, authorization, signal, onNotice }: KintoClientOptions) => {
  const root = url.replace(/\/+$/, "");
  const { origin } = parseUrl(root);
  let backoffSeconds = 0;
  let announced = "";

  const isOwn = (target: URL): boolean => target.origin === origin;

  /** Credentials are for this server only. */
  const toHeaders = (target: URL): Record<string, string> => ({
    accept: "application/json",
    ...(authorization !== undefined && isOwn(target) && { authorization }),
  });

  const wait = async (seconds: number): Promise<void> => {
    if (seconds > 0) await sleep(Math.min(seconds, MAX_PAUSE_SECONDS) * 1000, undefined, { signal });
  };

  const announce = (target: URL, reason: string, seconds: number): void => {
    if (seconds <= MAX_SILENT_SECONDS && reason === announced) return;
    announced = reason;
    onNotice(
      `${describe(target)} cannot be read: ${reason}. Trying again in ${Math.min(seconds, MAX_PAUSE_SECONDS)} s.`,
    );
  };

  /** Throws a {@link UserError} after the last try, or at once where another would fail too. */
  const exchange = async <Result>(options: Exchange<Result>): Promise<Result> => {
    const { target, init, maxTries, timeoutMs, isAllowed, read } = options;
    for (let attempt = 1; ; attempt++) {
      await wait(backoffSeconds);
      backoffSeconds = 0;
      let failure = { reason: "", isTransient: true };
      let retrySeconds = 2 ** attempt / 2;
      try {
        const limited = { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) };
        const response = await followRedirects(target, limited, toHeaders, isAllowed);
        backoffSeconds = readSeconds(response.headers, "backoff") ?? 0;
        if (!TRANSIENT.has(response.status)) return await read(response);
        await response.body?.cancel();
        failure.reason = `it answers ${response.status}`;
        retrySeconds = readSeconds(response.headers, "retry-after") ?? retrySeconds;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof UserError) throw error;
        failure = describeError(error);
      }
      if (!failure.isTransient || attempt === maxTries)
        throw new UserError([
          `${describe(target)} cannot be read: ${failure.reason}. Check the server, and run the command again to continue.`,
        ]);
      announce(target, failure.reason, retrySeconds);
      await wait(retrySeconds);
    }
  };

  const request = (target: URL, init: RequestInit = {}): Promise<KintoResponse> =>
    exchange({
      target,
      init,
      maxTries: MAX_TRIES,
      timeoutMs: TIMEOUT_MS,
      isAllowed: isOwn,
      read: async (response) => ({
        status: response.status,
        body: parseBody(await readText(response, target.href, MAX_RESPONSE_BYTES), response, target.href),
        headers: response.headers,
      }),
    });

  /** The credentials must not be sent to where a response points. Behind a proxy, Kinto may name itself otherwise. */
  const toOwnUrl = (target: string): URL => {
    const { pathname, search } = URL.parse(target, root) ?? new URL(root);
    return new URL(`${origin}${pathname}${search}`);
  };

  return {
    root,
    /** @param path below the root, or a URL of this server, such as that of a next page */
    get: (path: string, more: Readonly<Record<string, string>> = {}): Promise<KintoResponse> =>
      request(path.startsWith("/") ? new URL(`${root}${path}`) : toOwnUrl(path), { headers: more }),
    /** Gets several objects at once. @returns the responses in the same order */
    getAll: async (paths: readonly string[]): Promise<readonly Pick<KintoResponse, "status" | "body">[]> => {
      const requests = paths.map((path) => ({ method: "GET", path }));
      const { status, body } = await request(new URL(`${root}/batch`), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ requests }),
      });
      const { responses } = body;
      if (status !== 200 || !Array.isArray(responses) || responses.length !== paths.length)
        throw new UserError([
          `${root}/batch answers ${status}, and not each request. Enable batch requests in Kinto for the time of the import.`,
        ]);
      return responses.map((one) => {
        const { status = 500, body: content = {} } = isObject(one) ? one : {};
        return { status: Number(status), body: isObject(content) ? content : {} };
      });
    },
    /** Reads a file of this server, or of that of all files. Throws a {@link UserError} if it cannot be read. */
    download: <Result>({ location, baseUrl, timeoutMs, read }: Download<Result>): Promise<Result> => {
      const base = URL.parse(baseUrl, root);
      const isAllowed = (target: URL): boolean =>
        /^https?:$/.test(target.protocol) && (isOwn(target) || target.origin === base?.origin);
      const target = URL.parse(location, root);
      if (target === null || !isAllowed(target))
        throw new UserError([
          `${truncateText(location, MAX_URL_CHARS)} is neither on ${origin} nor below base_url of Kinto.`,
        ]);
      return exchange({
        target,
        maxTries: MAX_DOWNLOAD_TRIES,
        timeoutMs,
        isAllowed,
        read: async (response) => {
          if (response.status === 200 && response.body !== null) return read(response.body);
          await response.body?.cancel();
          throw new UserError([`${describe(target)} answers ${response.status}.`]);
        },
      });
    },
  };
};

const describe = ({ href }: URL): string => truncateText(href, MAX_URL_CHARS);

const parseUrl = (url: string): URL => {
  const parsed = URL.parse(url);
  if (parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === "") return parsed;
  throw new UserError([
    `${url} is not the URL of a Kinto server. Write it like https://kinto.example/v1, and credentials as --auth user:password.`,
  ]);
};

/** Pages of errors may come from a proxy, as HTML. */
const parseBody = (text: string, { ok, status }: Response, target: string): JsonObject => {
  try {
    const body: unknown = text === "" ? {} : parseJson(text);
    return isObject(body) ? body : {};
  } catch {
    if (!ok) return {};
    throw new UserError([`${target} answers ${status} with a text that is not JSON. Is it the URL of a Kinto server?`]);
  }
};
