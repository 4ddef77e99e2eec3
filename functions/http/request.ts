import { isIP } from "node:net";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { parseAccept } from "hono/utils/accept";
import { MAX_BASE64_BODY_BYTES, MAX_TEXT_BODY_BYTES } from "../../config/functions.ts";
import { Failure, invalid } from "../../core/errors.ts";
import { parseJsonBody } from "../../core/objects/draft.ts";
import type { Json } from "../../lib/json.ts";

/** The version prefix of every path. */
export const PREFIX = "/v1";

export const JSON_TYPE = "application/json";

/** A request from API Gateway, or a part of a batch. */
export interface HttpRequest {
  readonly method: string;
  /** Percent-encoded, with the version prefix. */
  readonly path: string;
  /** The query string without its question mark. */
  readonly query: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The client's IP address, of a part of a batch that of the batch; `null` if it is not known. */
  readonly address: string | null;
  /**
   * Parses the body once. Returns `undefined` for an empty body; throws a {@link Failure} for an invalid one. Parsing
   * takes time, so check before whether the user may do what the request asks for.
   */
  readonly json: () => Json | undefined;
  /** The bytes of the body as they were sent. Absent for a part of a batch. Throws a {@link Failure} if there are too many. */
  readonly bytes?: () => Uint8Array;
  /** Whether the body was already parsed as a part of a batch. */
  readonly isParsed?: boolean;
}

/**
 * Converts an event of payload format 2.0, whose path is decoded.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 *
 * @param addressHeader the header in which a proxy passes on the client's address
 */
export const toRequest = (event: APIGatewayProxyEventV2, addressHeader?: string): HttpRequest => {
  const { rawPath, rawQueryString, headers, cookies, requestContext } = event;
  let read: { readonly json: Json | undefined } | { readonly error: unknown } | undefined;
  return {
    method: requestContext.http.method.toUpperCase(),
    path: encodePath(rawPath),
    query: encodeQuery(rawQueryString),
    headers: cookies === undefined ? headers : { ...headers, cookie: cookies.join("; ") },
    address: readAddress(addressHeader === undefined ? requestContext.http.sourceIp : headers[addressHeader]),
    json: () => {
      read ??= tryRead(() => parseBody(event));
      if ("error" in read) throw read.error;
      return read.json;
    },
    bytes: () => readBytes(event),
  };
};

/** The last address of a list such as `X-Forwarded-For`, without a port; `null` if it is none. */
const readAddress = (text = ""): string | null => {
  const last = text.slice(text.lastIndexOf(",") + 1).trim();
  // CloudFront-Viewer-Address has a port behind each address, and no brackets around those of IPv6.
  const [address = last] = /^(?:\d+\.){3}\d+(?=:\d+$)/.exec(last) ?? [];
  if (isIP(address) !== 0) return address;
  const bare = address.replace(/^\[|\](?::\d+)?$/g, "");
  return isIP(bare) !== 0 ? bare : null;
};

/** The path of a part of a batch, as the gateway would pass it on outside of a batch. */
export const toRequestPath = (path: string): string => encodePath(decodePath(path));

/**
 * HTTP APIs decode the path once, also `%2F` and `%25`, and cut it at a question mark that was encoded. AWS does not
 * document this; it is taken from recorded events: https://github.com/middleapi/standard-server/pull/93,
 * https://github.com/fastify/aws-lambda-fastify/issues/169 and https://github.com/honojs/hono/issues/2156
 * What becomes of an invalid encoding is not known; here it stays, so that the function refuses it.
 */
export const decodePath = (path: string): string => {
  try {
    return splitUrl(decodeURIComponent(path))[0];
  } catch {
    return path;
  }
};

/** Encodes what cannot stand in a path (RFC 3986, section 3.3), also each `%`: the gateway has decoded all others. */
const encodePath = (path: string): string => path.replace(/[^\w\-.~!$&'()*+,;=:@/]+/g, encodeText);

/** Encodes what the client should have encoded, because links of responses repeat the query. */
const encodeQuery = (query: string): string => query.replace(/[^\x21-\x7e]+/g, encodeText);

const encodeText = (text: string): string => encodeURIComponent(text.toWellFormed());

const tryRead = (read: () => Json | undefined): { readonly json: Json | undefined } | { readonly error: unknown } => {
  try {
    return { json: read() };
  } catch (error) {
    return { error };
  }
};

const readBytes = (event: APIGatewayProxyEventV2): Uint8Array => {
  requireFittingBody(event);
  return Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
};

/** Checks the encoding and the size of a body. Returns its bytes; throws a {@link Failure} if there are too many. */
const requireFittingBody = ({
  body = "",
  isBase64Encoded,
  headers,
}: Pick<APIGatewayProxyEventV2, "body" | "isBase64Encoded" | "headers">): number => {
  requireUnencoded(headers["content-encoding"]);
  const bytes = Buffer.byteLength(body, isBase64Encoded ? "base64" : "utf8");
  const maxBytes = isBase64Encoded ? MAX_BASE64_BODY_BYTES : MAX_TEXT_BODY_BYTES;
  if (bytes <= maxBytes) return bytes;
  throw new Failure("REQUEST_TOO_LARGE", {
    message: `The body has ${bytes} bytes; ${maxBytes} are accepted. Send less at once.`,
  });
};

/** Parses a body as JSON. Returns `undefined` for an empty body; throws a {@link Failure} for an invalid one. */
const parseBody = (event: APIGatewayProxyEventV2): Json | undefined => {
  const { body = "", isBase64Encoded, headers } = event;
  if (body === "") return undefined;
  const bytes = requireFittingBody({ body, isBase64Encoded, headers });
  if (isBase64Encoded) return parseJsonBody(decodeUtf8(Buffer.from(body, "base64")));
  // The gateway replaces bytes that are not UTF-8 with this character, which has three bytes.
  const isReplaced = body.includes("\ufffd") && Number(headers["content-length"] ?? bytes) !== bytes;
  if (isReplaced) throw notUtf8();
  return parseJsonBody(body.replace(/^\ufeff/, ""));
};

/** Throws a 415 for a compressed body. A small one can become so large that it fills the memory. */
const requireUnencoded = (encoding = "identity"): void => {
  if (/^\s*(identity)?\s*$/i.test(encoding)) return;
  const description = "Compressed bodies are not accepted. Send the body as it is, without Content-Encoding";
  throw new Failure("UNSUPPORTED_MEDIA_TYPE", {
    message: description,
    details: [{ location: "header", name: "Content-Encoding", description }],
    headers: { "Accept-Encoding": "identity" },
  });
};

const decodeUtf8 = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw notUtf8();
  }
};

const notUtf8 = (): Failure =>
  invalid({ location: "body", name: "", description: "Invalid JSON: the body is not UTF-8" });

/** Decodes one part of a path. Returns it unchanged if its percent-encoding is invalid, so that it is no valid id. */
export const decodePathPart = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** Throws a 400 if the percent-encoded bytes of the query are not UTF-8. */
export const requireUtf8Query = ({ query }: HttpRequest): void => {
  for (const [part] of query.matchAll(/(?:%[\da-f]{2})+/gi)) {
    try {
      decodeURIComponent(part);
    } catch {
      throw new Failure("BAD_ENCODING");
    }
  }
};

/** Splits a URL without its origin into path and query. */
export const splitUrl = (url: string): readonly [path: string, query: string] => {
  const mark = url.indexOf("?");
  return mark === -1 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
};

export const removeTrailingSlashes = (path: string): string => {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
};

/** The origin that clients use, such as `https://example.org`: from the settings, otherwise from the request. */
export const publicOrigin = (
  { headers }: HttpRequest,
  { httpScheme, httpHost }: { httpScheme?: string | undefined; httpHost?: string | undefined },
): string => {
  const scheme = httpScheme ?? (headers["x-forwarded-proto"] === "http" ? "http" : "https");
  return `${scheme}://${httpHost ?? headers.host ?? "localhost"}`;
};

/** The media type of the body without its parameters; JSON if the header is missing. */
export const mediaType = ({ headers }: Pick<HttpRequest, "headers">): string =>
  (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() || JSON_TYPE;

/** Throws a 415 if the body has another media type. */
export const requireContentType = (request: HttpRequest, types: readonly string[] = [JSON_TYPE]): void => {
  if (types.includes(mediaType(request))) return;
  throw new Failure("UNSUPPORTED_MEDIA_TYPE", mediaTypeError("Content-Type", types));
};

/** Throws a 406 if the client accepts none of the media types. */
export const requireAccepted = ({ headers }: HttpRequest, types: readonly string[] = [JSON_TYPE]): void => {
  if (negotiateMediaType(headers.accept, types) === undefined)
    throw new Failure("NOT_ACCEPTABLE", mediaTypeError("Accept", types));
};

const mediaTypeError = (name: string, types: readonly string[]) => {
  const description = `${name} header should be one of [${types.map((type) => `'${type}'`).join(", ")}]`;
  return { message: description, details: [{ location: "header" as const, name, description }] };
};

/**
 * Returns the media type with the highest quality, the first of `types` among equals; `undefined` if none is accepted.
 * The narrowest range that covers a type decides (RFC 9110, section 12.5.1). Parameters other than `q` are ignored.
 */
export const negotiateMediaType = (accept: string | undefined, types: readonly string[]): string | undefined => {
  const [first] = types;
  if (accept === undefined || accept === "*/*" || accept === first) return first;
  const ranges = readQualities(accept);
  if (![...ranges.keys()].some((range) => range.includes("/"))) return first;
  let best: string | undefined;
  let highest = 0;
  for (const type of types) {
    const quality = ranges.get(type) ?? ranges.get(`${type.slice(0, type.indexOf("/"))}/*`) ?? ranges.get("*/*") ?? 0;
    if (quality > highest) [best, highest] = [type, quality];
  }
  return best;
};

/** Reads a header such as `Accept`: the highest quality, from 0 to 1, by lower-case value. */
export const readQualities = (header: string): ReadonlyMap<string, number> => {
  const qualities = new Map<string, number>();
  for (const { type, q } of parseAccept(header.toLowerCase()))
    qualities.set(type, Math.max(q, qualities.get(type) ?? 0));
  return qualities;
};
