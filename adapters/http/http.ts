import * as http from "node:http";
import * as https from "node:https";
import { type Http, type HttpAnswer, HttpFailure, type HttpRequest } from "../../core/ports/http.ts";
import { isPublic } from "./addresses.ts";
import { guardedLookup, type Resolve, resolve } from "./guarded-lookup.ts";
import { hostOf, type Reach, urlFlaw } from "./url-flaw.ts";

/** Bytes of an answer that are read. */
const LARGEST = 64 * 1024;
const REDIRECTS = 3;
const TIMEOUT = 10_000;
/** Redirects after which a request is the same at another place. Others would make a GET of it: they are followed where it is one. */
const KEEPS_METHOD = new Set([307, 308]);
const REDIRECTED = new Set([301, 302, 303, 307, 308]);
/** What another host must not be told. */
const CREDENTIALS = new Set(["authorization", "cookie", "proxy-authorization"]);

/**
 * Asks other people's servers, each time over a connection of its own, whose address is looked at as it is made.
 * @param find what names stand for
 */
export const openHttp = (reach: Reach = { reaches: isPublic, plain: false }, find: Resolve = resolve): Http => {
  const lookup = guardedLookup(find, reach);

  const ask = async (asked: HttpRequest, signal: AbortSignal, redirects: number): Promise<HttpAnswer> => {
    const flaw = urlFlaw(asked.url, reach);
    if (flaw !== undefined)
      throw new HttpFailure("refused", redirects === 0 ? flaw : `It redirects to where it must not: ${flaw}`);
    const url = new URL(asked.url);
    const answer = await once(url, asked, { signal, lookup });
    const { status, headers } = answer;
    const isSafe = asked.method === "GET" || asked.method === "HEAD";
    if (headers.location === undefined || !REDIRECTED.has(status) || !(isSafe || KEEPS_METHOD.has(status)))
      return answer;
    if (redirects === REDIRECTS) throw new HttpFailure("refused", `It redirects more than ${REDIRECTS} times.`);
    const next = URL.canParse(headers.location, url.href) ? new URL(headers.location, url.href) : undefined;
    if (next === undefined) throw new HttpFailure("refused", "It redirects to what is no URL.");
    next.hash = "";
    const given = next.origin === url.origin ? asked.headers : withoutCredentials(asked.headers);
    return ask({ ...asked, url: next.href, ...(given && { headers: given }) }, signal, redirects + 1);
  };

  return {
    flawOf: (url) => urlFlaw(url, reach),
    request: async (asked) => {
      const { timeout = TIMEOUT } = asked;
      const late = AbortSignal.timeout(timeout);
      const signal = asked.signal === undefined ? late : AbortSignal.any([late, asked.signal]);
      try {
        return await ask(asked, signal, 0);
      } catch (error) {
        if (error instanceof HttpFailure) throw error;
        if (late.aborted) throw new HttpFailure("timeout", `It took longer than ${timeout / 1000} s.`);
        if (signal.aborted) throw new HttpFailure("timeout", "It was told to stop.");
        throw new HttpFailure("network", `It could not be reached (${codeOf(error)}).`, { cause: error });
      }
    },
  };
};

const withoutCredentials = (headers: HttpRequest["headers"]) =>
  headers && Object.fromEntries(Object.entries(headers).filter(([name]) => !CREDENTIALS.has(name.toLowerCase())));

/** Without a connection that is kept, nor a proxy of the environment: agents of one's own know none. */
const once = (
  url: URL,
  { method, headers = {}, body = "" }: HttpRequest,
  options: Pick<http.RequestOptions, "signal" | "lookup">,
): Promise<HttpAnswer> =>
  new Promise((done, fail) => {
    const { request, Agent } = url.protocol === "https:" ? https : http;
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const asked = request({
      ...options,
      agent: new Agent({ keepAlive: false }),
      method,
      hostname: hostOf(url),
      port: url.port,
      path: `${url.pathname}${url.search}`,
      headers: { "user-agent": "Kintoun", ...headers, ...(bytes.length > 0 && { "content-length": bytes.length }) },
    });
    const answer = (response: http.IncomingMessage, body: Buffer) => {
      const told = Object.entries(response.headers).flatMap(([name, value = ""]) => [
        [name, Array.isArray(value) ? value.join(", ") : value] as const,
      ]);
      done({ status: response.statusCode ?? 0, headers: Object.fromEntries(told), body });
      // Whoever answers before it was told all is not told the rest.
      asked.destroy();
    };
    asked.on("error", fail);
    asked.once("upgrade", (response: http.IncomingMessage) => answer(response, Buffer.of()));
    asked.once("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const end = () => answer(response, Buffer.concat(chunks).subarray(0, LARGEST));
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= LARGEST) end();
      });
      response.on("error", fail);
      response.once("end", end);
      response.once("close", () => fail(new Error("closed")));
    });
    asked.end(bytes);
  });

/** What the system calls it: `ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED`. */
const codeOf = (error: unknown): string => {
  const { code, errors: [first] = [] } = error as NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] };
  return code ?? first?.code ?? "connection closed";
};
