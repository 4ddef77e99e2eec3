import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { MAX_PAYLOAD_BYTES } from "../config/functions.ts";
import type { HttpHandler } from "../functions/http/pipeline.ts";
import { splitUrl } from "../functions/http/request.ts";
import { isLoopbackHost, isSameHostName } from "./host-names.ts";

/** What the gateway serves. */
export interface Routes {
  /** The function for a request. */
  readonly route: (method: string, path: string) => HttpHandler;
  /** A page of the embedded cloud; `undefined` for other paths. */
  readonly page: (path: string) => Promise<LocalPage | undefined>;
  /** A host name besides those of the loopback interface that `route` answers to. */
  readonly publicHost?: string | undefined;
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
 * Emulates API Gateway's HTTP API, with the same events and limits. Answers only to host names of this machine, because
 * a web page could read the answers under a name of its own.
 */
export const createGateway =
  (routes: Routes) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    handleRequest(routes, request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else sendResponse(response, errorResponse(500, "Internal Server Error"));
    });
  };

const handleRequest = async (
  { route, page, publicHost }: Routes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { method = "GET" } = request;
  const { host, path, query } = readTarget(request);
  if (!URL.canParse(`http://${host}`)) return sendResponse(response, errorResponse(400, "Bad Request"));
  const isLocal = isLoopbackHost(host);
  if (!isLocal && !(publicHost !== undefined && isSameHostName(host, publicHost))) return refuseHost(response, host);
  const local = method === "GET" && isLocal ? await page(path) : undefined;
  if (local !== undefined) {
    response.writeHead(200, {
      "Content-Type": local.type,
      "Content-Security-Policy": local.contentSecurityPolicy,
      "X-Frame-Options": "DENY",
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "Cache-Control": "no-store",
    });
    response.end(local.body);
    return;
  }
  const body = await readBody(request);
  if (body === "too large") {
    sendResponse(response, {
      ...errorResponse(
        413,
        "Request Entity Too Large",
        `The body is larger than the maximum of ${MAX_PAYLOAD_BYTES} bytes.`,
      ),
      headers: { "Content-Type": "application/json", Connection: "close" },
    });
    request.resume();
    return;
  }
  if (!/^\/|^\*$/.test(path) || tryDecode(path) === undefined)
    return sendResponse(response, errorResponse(400, "Bad Request"));
  const event = toEvent(request, { host, path, query }, body);
  response.setHeader(REQUEST_ID, event.requestContext.requestId);
  sendResponse(response, await route(method, path)(event));
};

interface RequestTarget {
  /** Host name with port. */
  readonly host: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

/**
 * Reads the request target. A client that takes this server for its proxy sends it with scheme and host, which then
 * replace the Host header (RFC 9112, 3.2.2).
 */
const readTarget = ({ url = "/", headers }: IncomingMessage): RequestTarget => {
  const [, authority, rest = ""] = /^https?:\/\/([^/?]*)(.*)$/is.exec(url) ?? [];
  const [path, query] = splitUrl(authority === undefined ? url : rest.startsWith("/") ? rest : `/${rest}`);
  return { host: authority ?? headers.host ?? "localhost", path, query };
};

const refuseHost = (response: ServerResponse, host: string): void => {
  const message = `This store answers to localhost, not to ${JSON.stringify(host)}. To let it answer to another host name, set KINTOUN_HTTP_HOST to that name.`;
  sendResponse(response, errorResponse(421, "Misdirected Request", message));
};

/** Reads the body, up to the limit of Lambda. */
const readBody = async (request: IncomingMessage): Promise<Buffer | "too large"> => {
  if (Number(request.headers["content-length"] ?? 0) > MAX_PAYLOAD_BYTES) return "too large";
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_PAYLOAD_BYTES) return "too large";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const tryDecode = (path: string): string | undefined => {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
};

/**
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, payload
 * format 2.0
 */
const toEvent = (
  request: IncomingMessage,
  { host, path, query }: RequestTarget,
  body: Buffer,
): APIGatewayProxyEventV2 => {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(",") : value;
  headers["x-forwarded-proto"] = "http";
  headers.host = host;
  const method = request.method ?? "GET";
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: query,
    headers,
    ...(query !== "" && { queryStringParameters: Object.fromEntries(new URLSearchParams(query)) }),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      domainName: host,
      domainPrefix: host.split(".")[0] ?? host,
      http: {
        method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey: "$default",
      stage: "$default",
      time: new Date().toISOString(),
      timeEpoch: Date.now(),
    },
    ...(body.length > 0 && { body: body.toString("base64") }),
    isBase64Encoded: body.length > 0,
  };
};

const sendResponse = (
  response: ServerResponse,
  { statusCode = 200, headers = {}, body = "", isBase64Encoded = false }: APIGatewayProxyStructuredResultV2,
): void => {
  for (const [name, value] of Object.entries(headers))
    response.setHeader(name, typeof value === "boolean" ? String(value) : value);
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  if (statusCode !== 304 && response.req.method !== "HEAD" && !response.hasHeader("content-length"))
    response.setHeader("content-length", bytes.length);
  response.writeHead(statusCode).end(bytes);
};

/** An error response of the gateway, in Kinto's format. */
const errorResponse = (
  code: keyof typeof ERROR_NUMBERS,
  error: string,
  message = error,
): APIGatewayProxyStructuredResultV2 => ({
  statusCode: code,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ code, errno: ERROR_NUMBERS[code], error, message }),
});

/** Kinto's number of an error by the status of the response. */
const ERROR_NUMBERS = { 400: 107, 413: 113, 421: 107, 500: 999 } as const;
