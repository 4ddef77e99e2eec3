import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { COMPRESSIBLE_CONTENT_TYPE_REGEX } from "hono/utils/compress";
import { MAX_PAYLOAD_BYTES } from "../../config/functions.ts";
import { Failure } from "../../core/errors.ts";
import { type HttpRequest, readQualities } from "./request.ts";
import { addVary, type HttpResponse, headerValue } from "./response.ts";

/** What a response keeps free for its headers. */
const HEADER_BYTES = 64 * 1024;
/** Smaller bodies fit into one packet anyway. */
const MIN_BYTES = 1024;

/**
 * The encodings, the preferred one first. The levels are those up to which a page of 100 records gets much smaller per
 * millisecond: see bench/RESULTS.md.
 */
const ENCODINGS: Readonly<Record<string, (body: string) => Promise<Buffer>>> = {
  br: (body) => compressBrotli(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (body) => compressGzip(body, { level: 2 }),
};

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/**
 * Compresses the body with the encoding that the client prefers. The entity tag stays as it is: it is the version of a
 * resource, which clients send in `If-Match`, and no part of a body can be requested for which its bytes would matter.
 */
export const compressResponse = async (request: HttpRequest, response: HttpResponse): Promise<HttpResponse> => {
  if (request.method === "OPTIONS" || !isCompressible(response)) return response;
  const varied = addVary(response, "Accept-Encoding");
  const { body, headers } = varied;
  if (body === null || request.method === "HEAD" || Buffer.byteLength(body) <= MIN_BYTES) return varied;
  const encoding = negotiateEncoding(request.headers["accept-encoding"]);
  const compress = ENCODINGS[encoding ?? ""];
  if (encoding === undefined || compress === undefined) return varied;
  return { ...varied, headers: { ...headers, "Content-Encoding": encoding }, compressed: await compress(body) };
};

/** Throws a 413 if Lambda would refuse the response: the gateway's 500 would not say what to do. */
export const requireFittingResponse = ({ body, bytes, compressed }: HttpResponse): void => {
  const binary = compressed ?? bytes;
  const size = binary === undefined ? jsonBytes(body ?? "") : Math.ceil(binary.length / 3) * 4;
  if (size <= MAX_PAYLOAD_BYTES - HEADER_BYTES) return;
  throw new Failure("REQUEST_TOO_LARGE", {
    message: "The answer is too large: ask for less, with a lower _limit or size, or fewer fields.",
  });
};

/** The size of a text in JSON, in which a character has up to six bytes. Small texts are not measured. */
const jsonBytes = (text: string): number =>
  text.length < MAX_PAYLOAD_BYTES / 8 ? 0 : Buffer.byteLength(JSON.stringify(text));

const isCompressible = (response: HttpResponse): boolean =>
  headerValue(response, "content-encoding") === undefined &&
  !/\bno-transform\b/i.test(headerValue(response, "cache-control") ?? "") &&
  (response.body === null || isCompressibleType(headerValue(response, "content-type") ?? ""));

const isCompressibleType = (type: string): boolean =>
  COMPRESSIBLE_CONTENT_TYPE_REGEX.test(type) || /^application\/(x-)?ndjson\b/i.test(type);

/**
 * Returns the encoding with the highest quality, the first among equals; `undefined` if the client accepts none of them, or
 * prefers an unencoded body (RFC 9110, section 12.5.3).
 */
export const negotiateEncoding = (
  accept: string | undefined,
  encodings: readonly string[] = Object.keys(ENCODINGS),
): string | undefined => {
  if (accept === undefined) return undefined;
  const ranges = readQualities(accept);
  const quality = (encoding: string): number => ranges.get(encoding) ?? ranges.get("*") ?? 0;
  let best: string | undefined;
  let highest = ranges.get("identity") ?? 0;
  for (const encoding of encodings)
    if (quality(encoding) > highest || (best === undefined && quality(encoding) > 0 && quality(encoding) === highest))
      [best, highest] = [encoding, quality(encoding)];
  return best;
};
