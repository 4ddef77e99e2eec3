import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createLikeMatcher } from "../core/lists/like.ts";
import type { Credentials } from "../lib/aws/connection.ts";
import { signUrl } from "../lib/aws/sigv4.ts";
import { LOCAL_CREDENTIALS } from "./dynamodb.ts";

/** Begin of the names of all buckets for files, and of the paths that the gateway serves them under. */
export const FILES_BUCKET_PREFIX = "kintoun-files-";

/** The least size of a part for S3, and less than fauxqs accepts in a body. */
const PART_BYTES = 8 * 1024 * 1024;
const MAX_SECONDS = 7 * 24 * 3600;

export interface LocalFilesOptions {
  /** URL of fauxqs. */
  readonly endpoint: string;
  /** Origins whose pages may send requests, as in the settings. */
  readonly corsOrigins: readonly string[];
  /** Returns the credentials with a key; those of the embedded cloud when absent. */
  readonly credentials?: (accessKeyId: string) => Credentials | undefined;
}

/** What browsers load to run it. S3 has an origin of its own, which content security policies of pages do not allow. */
const CODE_DESTINATIONS = ["script", "style", "worker", "sharedworker", "serviceworker", "manifest", "embed", "object"];

type Query = Readonly<Record<string, string>>;

/**
 * Serves signed URLs of files as S3 does. fauxqs accepts any signature, checksum and expiry, has no CORS and takes at most 11 MB:
 * this checks what S3 checks, and passes an upload on in parts once its content is right.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export const createLocalFiles = ({
  endpoint,
  corsOrigins,
  credentials = () => LOCAL_CREDENTIALS.credentials,
}: LocalFilesOptions) => {
  const call = async (method: string, path: string, body?: Uint8Array, headers: Record<string, string> = {}) => {
    const response = await fetch(`${endpoint}${path}`, {
      method,
      // Web pages of other origins cannot send this header: see sqs.ts.
      headers: { ...headers, authorization: "local" },
      ...(body !== undefined && { body: Buffer.from(body) }),
    });
    if (response.ok || response.status === 416) return response;
    const text = await response.text();
    throw new S3Refusal(response.status, /<Code>([^<]*)/.exec(text)?.[1] ?? "NoSuchKey", "The engine refused it.");
  };

  const download = async (path: string, query: Query, request: IncomingMessage, response: ServerResponse) => {
    const { range } = request.headers;
    const found = await call(request.method ?? "GET", path, undefined, range === undefined ? {} : { range });
    for (const name of [
      "content-type",
      "content-disposition",
      "content-length",
      "content-range",
      "etag",
      "last-modified",
    ]) {
      const value = query[`response-${name}`] ?? found.headers.get(name);
      if (value !== null) response.setHeader(name, value);
    }
    response.writeHead(found.status);
    if (found.body === null) response.end();
    else await pipeline(Readable.fromWeb(found.body as never), response);
  };

  const upload = async (path: string, { headers }: IncomingMessage, body: AsyncIterable<Buffer>) => {
    const part = `${path}.${randomUUID()}`;
    const id = /<UploadId>([^<]*)/.exec(await (await call("POST", `${part}?uploads`)).text())?.[1] ?? "";
    const hash = createHash("sha256");
    const tags: string[] = [];
    const sendPart = async (chunks: readonly Buffer[]) => {
      const sent = await call("PUT", `${part}?partNumber=${tags.length + 1}&uploadId=${id}`, Buffer.concat(chunks));
      tags.push(sent.headers.get("etag") ?? "");
    };
    try {
      let chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of body) {
        hash.update(chunk);
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes < PART_BYTES) continue;
        await sendPart(chunks);
        [chunks, bytes] = [[], 0];
      }
      if (bytes > 0 || tags.length === 0) await sendPart(chunks);
    } catch (error) {
      await call("DELETE", `${part}?uploadId=${id}`);
      throw error;
    }
    const list = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
    await call("POST", `${part}?uploadId=${id}`, Buffer.from(`<Parts>${list.join("")}</Parts>`));
    const expected = headers["x-amz-checksum-sha256"];
    const isRight = expected === undefined || expected === hash.digest("base64");
    const { "content-type": type = "application/octet-stream", "content-disposition": disposition } = headers;
    // A copy gets the headers and the checksum, which an upload in parts has not.
    if (isRight)
      await call("PUT", path, undefined, {
        "x-amz-copy-source": part,
        "x-amz-metadata-directive": "REPLACE",
        "content-type": type,
        ...(disposition !== undefined && { "content-disposition": disposition }),
        ...(typeof expected === "string" && { "x-amz-checksum-sha256": expected }),
      });
    await call("DELETE", part);
    if (!isRight)
      throw new S3Refusal(400, "BadDigest", "The SHA256 you specified did not match the calculated checksum.");
  };

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", url = "/", headers } = request;
    const [path = "", search = ""] = url.split("?", 2);
    addCorsHeaders(response, corsOrigins, headers.origin);
    // These files have the origin of the store.
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Content-Security-Policy", "sandbox; default-src 'none'");
    try {
      if (method === "OPTIONS") return void answerPreflight(request, response);
      if (CODE_DESTINATIONS.includes(String(headers["sec-fetch-dest"])))
        throw new S3Refusal(403, "AccessDenied", "A file is no code of a page.");
      const query: Query = Object.fromEntries(new URLSearchParams(search));
      requireSignature(request, path, query, credentials);
      if (method === "PUT") {
        await upload(path, request, request);
        response.writeHead(200).end();
      } else if (method === "GET" || method === "HEAD") await download(path, query, request, response);
      else throw new S3Refusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    } catch (error) {
      if (response.headersSent || response.destroyed) return void response.destroy();
      if (!(error instanceof S3Refusal)) throw error;
      response.writeHead(error.status, { "Content-Type": "application/xml", Connection: "close" });
      response.end(`<Error><Code>${error.code}</Code><Message>${error.message}</Message></Error>`);
      request.resume();
    }
  };
};

/** An error in the form of S3. */
class S3Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const requireSignature = (
  { method = "GET", headers }: IncomingMessage,
  path: string,
  query: Query,
  findCredentials: NonNullable<LocalFilesOptions["credentials"]>,
): void => {
  const keys = findCredentials((query["X-Amz-Credential"] ?? "").split("/")[0] ?? "");
  if (keys === undefined) throw new S3Refusal(403, "InvalidAccessKeyId", "The access key does not exist.");
  const { "X-Amz-Date": date = "", "X-Amz-Expires": expires = "", "X-Amz-SignedHeaders": names = "" } = query;
  const [, year, month, day, hours, minutes, secs] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const signedAt = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${secs}Z`);
  const seconds = Number(expires);
  if (Number.isNaN(signedAt) || !(seconds > 0 && seconds <= MAX_SECONDS))
    throw new S3Refusal(403, "AccessDenied", "Access Denied");
  if (Date.now() > signedAt + seconds * 1000) throw new S3Refusal(403, "AccessDenied", "Request has expired");
  const signed = names.split(";");
  const unsigned = Object.keys(headers).find((name) => name.startsWith("x-amz-") && !signed.includes(name));
  if (unsigned !== undefined || !signed.includes("host"))
    throw new S3Refusal(403, "AccessDenied", "There were headers present in the request which were not signed");
  const own = Object.fromEntries(Object.entries(query).filter(([name]) => !name.startsWith("X-Amz-")));
  const expected = signUrl(keys, {
    service: "s3",
    region: LOCAL_CREDENTIALS.region,
    method,
    path,
    query: own,
    headers: Object.fromEntries(signed.map((name) => [name, String(headers[name] ?? "")])),
    now: signedAt,
    seconds,
  });
  const [actual, right] = [query["X-Amz-Signature"] ?? "", expected.slice(-64)].map((text) => Buffer.from(text));
  if (actual?.length === right?.length && actual && right && timingSafeEqual(actual, right)) return;
  throw new S3Refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.");
};

const addCorsHeaders = (response: ServerResponse, origins: readonly string[], origin: string | undefined): void => {
  if (origin === undefined || !origins.some((allowed) => createLikeMatcher(allowed)(origin))) return;
  response.setHeader("Access-Control-Allow-Origin", origins.includes("*") ? "*" : origin);
  response.setHeader("Access-Control-Expose-Headers", "ETag");
  response.setHeader("Vary", "Origin");
};

const answerPreflight = ({ headers }: IncomingMessage, response: ServerResponse): void => {
  const method = headers["access-control-request-method"] ?? "";
  if (!response.hasHeader("access-control-allow-origin") || !["GET", "HEAD", "PUT"].includes(method))
    throw new S3Refusal(403, "AccessForbidden", "CORSResponse: This CORS request is not allowed.");
  response.setHeader("Access-Control-Allow-Methods", "GET, HEAD, PUT");
  response.setHeader("Access-Control-Allow-Headers", headers["access-control-request-headers"] ?? "");
  response.writeHead(200).end();
};
