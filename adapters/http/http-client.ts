import * as http from "node:http";
import * as https from "node:https";
import { type HttpClient, type HttpRequest, HttpRequestError, type HttpResponse } from "../../core/ports/http.ts";
import {
  type AddressPolicy,
  createGuardedLookup,
  findUrlIssue,
  type ResolveHost,
  resolveHost,
  toSocketHost,
} from "./address-policy.ts";
import { isPublicAddress } from "./public-addresses.ts";

/** Bytes of a response that are read. */
const MAX_RESPONSE_BYTES = 64 * 1024;
const MAX_REDIRECTS = 3;
const TIMEOUT_MS = 10_000;
/** Redirects that keep the method. The others change it to GET, so they are followed for GET and HEAD only. */
const METHOD_KEEPING_REDIRECTS = new Set([307, 308]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Headers that are not forwarded to another origin. */
const CREDENTIAL_HEADERS = new Set(["authorization", "cookie", "proxy-authorization"]);

/**
 * Creates a client for servers of third parties. Each request uses a connection of its own, whose address is checked
 * when it is opened.
 */
export const createHttpClient = (
  policy: AddressPolicy = { isAllowed: isPublicAddress, allowsHttp: false },
  resolve: ResolveHost = resolveHost,
): HttpClient => {
  const lookup = createGuardedLookup(resolve, policy);

  const sendFollowing = async (request: HttpRequest, signal: AbortSignal, redirects: number): Promise<HttpResponse> => {
    const issue = findUrlIssue(request.url, policy);
    if (issue !== undefined)
      throw new HttpRequestError("refused", redirects === 0 ? issue : `The redirect is not allowed: ${issue}`);
    const url = new URL(request.url);
    const response = await sendOnce(url, request, { signal, lookup });
    const { status, headers } = response;
    const isSafe = request.method === "GET" || request.method === "HEAD";
    const isFollowed = REDIRECTS.has(status) && (isSafe || METHOD_KEEPING_REDIRECTS.has(status));
    if (headers.location === undefined || !isFollowed) return response;
    if (redirects === MAX_REDIRECTS)
      throw new HttpRequestError("refused", `There are more than ${MAX_REDIRECTS} redirects.`);
    const next = URL.canParse(headers.location, url.href) ? new URL(headers.location, url.href) : undefined;
    if (next === undefined) throw new HttpRequestError("refused", "The redirect is not a URL.");
    next.hash = "";
    const nextHeaders = next.origin === url.origin ? request.headers : withoutCredentials(request.headers);
    return sendFollowing(
      { ...request, url: next.href, ...(nextHeaders && { headers: nextHeaders }) },
      signal,
      redirects + 1,
    );
  };

  return {
    findUrlIssue: (url) => findUrlIssue(url, policy),
    request: async (request) => {
      const { timeout = TIMEOUT_MS } = request;
      const timeoutSignal = AbortSignal.timeout(timeout);
      const signal = request.signal === undefined ? timeoutSignal : AbortSignal.any([timeoutSignal, request.signal]);
      try {
        return await sendFollowing(request, signal, 0);
      } catch (error) {
        if (error instanceof HttpRequestError) throw error;
        if (timeoutSignal.aborted) throw new HttpRequestError("timeout", `It took longer than ${timeout / 1000} s.`);
        if (signal.aborted) throw new HttpRequestError("timeout", "It was aborted.");
        throw new HttpRequestError("network", `The server could not be reached (${errorCode(error)}).`, {
          cause: error,
        });
      }
    },
  };
};

const withoutCredentials = (headers: HttpRequest["headers"]) =>
  headers &&
  Object.fromEntries(Object.entries(headers).filter(([name]) => !CREDENTIAL_HEADERS.has(name.toLowerCase())));

/** A new agent keeps no connection and ignores the proxy of the environment. */
const sendOnce = (
  url: URL,
  { method, headers = {}, body = "", discardBody = false }: HttpRequest,
  options: Pick<http.RequestOptions, "signal" | "lookup">,
): Promise<HttpResponse> =>
  new Promise((resolve, reject) => {
    const { request, Agent } = url.protocol === "https:" ? https : http;
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const outgoing = request({
      ...options,
      agent: new Agent({ keepAlive: false }),
      method,
      hostname: toSocketHost(url),
      port: url.port,
      path: `${url.pathname}${url.search}`,
      headers: { "user-agent": "Kintoun", ...headers, ...(bytes.length > 0 && { "content-length": bytes.length }) },
    });
    const finish = (response: http.IncomingMessage, body: Buffer) => {
      const responseHeaders = Object.entries(response.headers).flatMap(([name, value = ""]) => [
        [name, Array.isArray(value) ? value.join(", ") : value] as const,
      ]);
      resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(responseHeaders), body });
      // A server may respond before it received the whole request. The rest is not sent.
      outgoing.destroy();
    };
    outgoing.on("error", reject);
    outgoing.once("upgrade", (response: http.IncomingMessage) => finish(response, Buffer.of()));
    outgoing.once("response", (response) => {
      if (discardBody) return finish(response, Buffer.of());
      const chunks: Buffer[] = [];
      let size = 0;
      const end = () => finish(response, Buffer.concat(chunks).subarray(0, MAX_RESPONSE_BYTES));
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= MAX_RESPONSE_BYTES) end();
      });
      response.on("error", reject);
      response.once("end", end);
      response.once("close", () => reject(new Error("closed")));
    });
    outgoing.end(bytes);
  });

/** The system's error code: `ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED`. */
const errorCode = (error: unknown): string => {
  const { code, errors: [first] = [] } = error as NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] };
  return code ?? first?.code ?? "connection closed";
};
