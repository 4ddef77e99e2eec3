import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { decodePath, splitUrl } from "../functions/http/request.ts";

/** The request target, as the gateway understands it. */
export interface RequestTarget {
  /** Host name with port. */
  readonly host: string;
  /** Decoded; `undefined` if it is no path. */
  readonly path: string | undefined;
  /** Percent-encoded, without the question mark. */
  readonly query: string;
}

/**
 * Reads the request target. A client that takes this server for its proxy sends it with scheme and host, which then
 * replace the Host header (RFC 9112, 3.2.2).
 */
export const readTarget = ({ url = "/", headers }: IncomingMessage): RequestTarget => {
  const [, authority, rest = ""] = /^https?:\/\/([^/?]*)(.*)$/is.exec(url) ?? [];
  const target = authority === undefined ? url : rest.startsWith("/") ? rest : `/${rest}`;
  const [path, query] = splitUrl(target);
  return {
    host: authority ?? headers.host ?? "localhost",
    path: /^\/|^\*$/.test(path) ? decodePath(path) : undefined,
    query,
  };
};

/** Size that the gateway's quota limits: the request line and the values of all headers, in bytes. */
export const headerBytes = ({ method = "", url = "", httpVersion, headersDistinct }: IncomingMessage): number => {
  const values = Object.values(headersDistinct).flatMap((all = []) => all);
  return [`${method} ${url} HTTP/${httpVersion}`, ...values].reduce((sum, text) => sum + text.length, 0);
};

/**
 * Creates the event of payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const toEvent = (
  request: IncomingMessage,
  { host, path = "/", query }: RequestTarget,
  body: Buffer,
): APIGatewayProxyEventV2 => {
  const { cookie, ...headers } = readHeaders(request, host, body);
  const method = request.method ?? "GET";
  const isText = isTextType(headers["content-type"]);
  const now = new Date();
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: query,
    ...(cookie !== undefined && { cookies: cookie.split(";").map((pair) => pair.trim()) }),
    headers,
    ...(query !== "" && { queryStringParameters: readQuery(query) }),
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
      time: formatTime(now),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !isText,
  };
};

/** Headers that hold for one connection only. The gateway does not pass them on. */
const HOP_HEADERS: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

/** The headers in lower case. Several of one name are joined. */
const readHeaders = (request: IncomingMessage, host: string, body: Buffer): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const [name, values = []] of Object.entries(request.headersDistinct))
    if (!HOP_HEADERS.has(name)) headers[name] = values.join(name === "cookie" ? ";" : ",");
  const { remoteAddress = "", localPort = 0 } = request.socket;
  const forwarded = headers["x-forwarded-for"];
  return {
    ...headers,
    host,
    ...(body.length > 0 && { "content-length": String(body.length) }),
    "x-forwarded-for": forwarded === undefined ? remoteAddress : `${forwarded}, ${remoteAddress}`,
    "x-forwarded-port": String(localPort),
    "x-forwarded-proto": "http",
  };
};

/** The decoded parameters. Several of one name are joined. */
const readQuery = (query: string): Record<string, string> =>
  Object.fromEntries(
    [...Map.groupBy(new URLSearchParams(query), ([name]) => name)].map(([name, pairs]) => [
      name,
      pairs.map(([, value]) => value).join(","),
    ]),
  );

/**
 * Whether the gateway passes a body on as text. AWS does not document the types; they are taken from a test of a real
 * HTTP API, in which a body without a type was base64 too: https://github.com/ministackorg/ministack/pull/766
 */
const isTextType = (contentType: string | undefined): boolean =>
  /^\s*(text\/[^;,\s]+|application\/(json|xml|javascript))\s*(;|$)/i.test(contentType ?? "");

/** For example `30/Nov/2026:08:00:00 +0000`. */
const formatTime = (date: Date): string => {
  const [, day, month, year, time] = date.toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
};
