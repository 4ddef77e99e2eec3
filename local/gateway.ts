import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { HTTP_API, MAX_PAYLOAD_BYTES } from "../config/functions.ts";
import type { HttpHandler } from "../functions/http/pipeline.ts";
import { FILES_BUCKET_PREFIX } from "./files.ts";
import { headerBytes, readTarget, toEvent } from "./gateway-event.ts";
import { isLoopbackHost, isSameHostName } from "./host-names.ts";

/** What the gateway serves. */
export interface Routes {
  /** The function for a request. @param path decoded */
  readonly route: (method: string, path: string) => HttpHandler;
  /** Serves the paths of files; absent if no plugin has files. */
  readonly files?: ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | undefined;
  /** A page of the embedded cloud; `undefined` for other paths. */
  readonly page: (path: string) => Promise<LocalPage | undefined>;
  /** Host names besides those of the loopback interface that `route` answers to. */
  readonly hostNames?: readonly string[];
}

/** A page of the embedded cloud. Browsers show it only to users of this machine, and in no frame. */
export interface LocalPage {
  readonly type: string;
  readonly body: string;
  readonly contentSecurityPolicy: string;
}

/** The response header with the request id. */
const REQUEST_ID = "apigw-requestid";

/**
 * Emulates API Gateway's HTTP API, with the same events, limits and errors. Answers only to host names of this machine,
 * because a web page could read the answers under a name of its own.
 */
export const createGateway =
  (routes: Routes) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    handleRequest(routes, request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else sendResponse(response, gatewayError(500));
    });
  };

const handleRequest = async (
  { route, files, page, hostNames = [] }: Routes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { method = "GET" } = request;
  if (headerBytes(request) > HTTP_API.maxHeaderBytes) return refuseEarly(request, response, 431);
  const target = readTarget(request);
  const { host, path } = target;
  if (!URL.canParse(`http://${host}`)) return refuse(response, 400, "Bad Request", "The Host header is no host name.");
  const isLocal = isLoopbackHost(host);
  if (!isLocal && !hostNames.some((name) => isSameHostName(host, name))) return refuseHost(response, host);
  if (files !== undefined && path?.startsWith(`/${FILES_BUCKET_PREFIX}`)) return files(request, response);
  const local = method === "GET" && isLocal && path !== undefined ? await page(path) : undefined;
  if (local !== undefined) return sendPage(response, local);
  const body = await readBody(request);
  if (body === undefined) return refuseEarly(request, response, 413);
  if (path === undefined) return sendResponse(response, gatewayError(400));
  const event = toEvent(request, target, body);
  response.setHeader(REQUEST_ID, event.requestContext.requestId);
  sendResponse(response, await invoke(route(method, path), event));
};

const sendPage = (response: ServerResponse, { type, body, contentSecurityPolicy }: LocalPage): void => {
  response.writeHead(200, {
    "Content-Type": type,
    "Content-Security-Policy": contentSecurityPolicy,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
  });
  response.end(body);
};

/** Answers before the body has been read. */
const refuseEarly = (request: IncomingMessage, response: ServerResponse, status: 413 | 431): void => {
  const error = gatewayError(status);
  sendResponse(response, { ...error, headers: { ...error.headers, Connection: "close" } });
  request.resume();
};

const refuseHost = (response: ServerResponse, host: string): void => {
  const message = `This store answers to localhost, not to ${JSON.stringify(host)}. To let it answer to another host name, set KINTOUN_HTTP_HOST to that name.`;
  refuse(response, 421, "Misdirected Request", message);
};

/** An error of the embedded cloud that AWS does not have, in Kinto's format. */
const refuse = (response: ServerResponse, code: number, error: string, message: string): void =>
  sendResponse(response, {
    statusCode: code,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code, errno: 107, error, message }),
  });

/** Reads the body, up to the limit of API Gateway; returns `undefined` for a larger one. */
const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  if (Number(request.headers["content-length"] ?? 0) > HTTP_API.maxBodyBytes) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > HTTP_API.maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Calls a function as API Gateway does. The function goes on after the gateway's time limit. */
const invoke = async (
  handler: HttpHandler,
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> => {
  if (!fitsLambda(event)) return gatewayError(413);
  const timeout = Promise.withResolvers<APIGatewayProxyStructuredResultV2>();
  const timer = setTimeout(() => timeout.resolve(gatewayError(503)), HTTP_API.timeoutMs);
  try {
    const result = await Promise.race([handler(event), timeout.promise]);
    return fitsLambda(result) ? result : gatewayError(500);
  } catch {
    return gatewayError(500);
  } finally {
    clearTimeout(timer);
  }
};

/** Whether Lambda accepts an event or a response: its JSON counts, in which a character of the body has up to 6 bytes. */
const fitsLambda = (payload: { readonly body?: string | undefined }): boolean =>
  (payload.body?.length ?? 0) < MAX_PAYLOAD_BYTES / 8 ||
  Buffer.byteLength(JSON.stringify(payload)) <= MAX_PAYLOAD_BYTES;

const sendResponse = (
  response: ServerResponse,
  { statusCode = 200, headers = {}, body = "", isBase64Encoded = false }: APIGatewayProxyStructuredResultV2,
): void => {
  if (!response.hasHeader(REQUEST_ID)) response.setHeader(REQUEST_ID, randomUUID());
  for (const [name, value] of Object.entries(headers))
    response.setHeader(name, typeof value === "boolean" ? String(value) : value);
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  if (statusCode !== 304 && response.req.method !== "HEAD" && !response.hasHeader("content-length"))
    response.setHeader("content-length", bytes.length);
  response.writeHead(statusCode).end(bytes);
};

/** The gateway's own errors, which have no CORS headers. Of HTTP APIs, a 503 is also the answer to a timeout. */
const GATEWAY_ERRORS = {
  400: "Bad Request",
  413: "Request Entity Too Large",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;

const gatewayError = (statusCode: keyof typeof GATEWAY_ERRORS): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ message: GATEWAY_ERRORS[statusCode] }),
});
