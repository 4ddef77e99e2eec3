import { hash } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import { type AwsConnection, serviceUrl } from "./connection.ts";
import { createRequestSigner, signUrl } from "./sigv4.ts";

/** The objects of one bucket of S3. Calls reject with an error that names the status. */
export interface S3Bucket {
  /** @param headers further headers by lower-case name, such as `content-type` */
  put(key: string, body: Uint8Array, headers?: Readonly<Record<string, string>>): Promise<void>;
  /** `undefined` if there is no such object. @param maxBytes larger objects are refused */
  get(key: string, maxBytes: number): Promise<Buffer | undefined>;
  /** Some bytes of an object, fewer at its end; `undefined` if there is no such object. */
  getRange(key: string, start: number, bytes: number): Promise<Buffer | undefined>;
  /** The headers of an object by lower-case name, with its checksum; `undefined` if there is no such object. */
  head(key: string): Promise<http.IncomingHttpHeaders | undefined>;
  /** Does nothing if there is no such object. */
  delete(key: string): Promise<void>;
  /** The first keys with a prefix, in the order of their UTF-8 bytes. */
  list(prefix: string, limit: number): Promise<readonly string[]>;
  /** Signs a URL for one request without other credentials. */
  sign(request: UrlRequest): Promise<string>;
  close(): void;
}

/** What a signed URL allows. */
interface UrlRequest {
  readonly method: "GET" | "PUT";
  readonly key: string;
  /** How long the URL is valid, in seconds. */
  readonly seconds: number;
  readonly query?: Readonly<Record<string, string>>;
  /** What the request must send, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The origin of the URL; that of the connection when absent. */
  readonly origin?: string;
}

/** Time without any progress of a call. */
const TIMEOUT_MS = 10_000;
const MAX_LIST_BYTES = 1024 * 1024;

interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  readonly key?: string;
  /** Names and values in the order of names, percent-encoded. */
  readonly query?: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes?: number;
}

interface S3Response {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Creates a client of a bucket, for keys of letters, digits and `/._-`.
 * @example
 * const bucket = createS3Bucket({ region: "eu-central-1", credentials }, "my-bucket");
 * await bucket.put("notes/1", Buffer.from("Hello"));
 */
export const createS3Bucket = ({ endpoint, region, credentials }: AwsConnection, bucket: string): S3Bucket => {
  // With an endpoint of its own, the bucket is in the path: names of hosts below it may not resolve.
  const service = endpoint === undefined ? serviceUrl("s3", region) : new URL(endpoint);
  const host = endpoint === undefined ? `${bucket}.${service.host}` : service.host;
  const root = endpoint === undefined ? "" : `/${bucket}`;
  const isHttps = service.protocol === "https:";
  const agent = isHttps ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  const signHeaders = createRequestSigner();
  const readCredentials = async () => (typeof credentials === "function" ? credentials() : credentials);

  const send = async (request: S3Request): Promise<S3Response> => {
    const { method, key = "", query = "", body = new Uint8Array(), headers = {}, maxBytes = 0 } = request;
    const path = `${root}/${requireKey(key)}`;
    const bodyHash = hash("sha256", body);
    const signed = signHeaders(await readCredentials(), {
      service: "s3",
      method,
      region,
      path,
      query,
      bodyHash,
      headers: { ...headers, host, "x-amz-content-sha256": bodyHash },
      now: Date.now(),
    });
    const target = `${path}${query === "" ? "" : `?${query}`}`;
    return new Promise<S3Response>((resolve, reject) => {
      const open: typeof http.request = isHttps ? https.request : http.request;
      const request = open({
        method,
        hostname: host.split(":")[0],
        port: service.port,
        path: target,
        agent,
        headers: { ...signed, "content-length": body.length },
      });
      request.setTimeout(TIMEOUT_MS, () =>
        request.destroy(new Error(`${host} did not respond within ${TIMEOUT_MS} ms`)),
      );
      request.once("error", reject);
      request.once("response", (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > Math.max(maxBytes, MAX_LIST_BYTES))
            response.destroy(new Error(`The response to ${method} ${key} is larger than ${maxBytes} bytes`));
          else chunks.push(chunk);
        });
        response.once("error", reject);
        response.once("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      });
      request.end(body);
    });
  };

  return {
    async put(key, body, headers = {}) {
      requireStatus(await send({ method: "PUT", key, body, headers }), [200], `store ${key}`);
    },
    async get(key, maxBytes) {
      const response = await send({ method: "GET", key, maxBytes });
      return isMissing(response) ? undefined : requireStatus(response, [200], `return ${key}`).body;
    },
    async getRange(key, start, bytes) {
      const headers = { range: `bytes=${start}-${start + bytes - 1}` };
      const response = await send({ method: "GET", key, headers, maxBytes: bytes });
      // An object has no range that begins at its end.
      if (response.status === 416) return Buffer.alloc(0);
      return isMissing(response) ? undefined : requireStatus(response, [200, 206], `return ${key}`).body;
    },
    async head(key) {
      const response = await send({ method: "HEAD", key, headers: { "x-amz-checksum-mode": "ENABLED" } });
      return isMissing(response) ? undefined : requireStatus(response, [200], `describe ${key}`).headers;
    },
    async delete(key) {
      requireStatus(await send({ method: "DELETE", key }), [204], `delete ${key}`);
    },
    async list(prefix, limit) {
      const query = `list-type=2&max-keys=${limit}&prefix=${encodeURIComponent(prefix)}`;
      const { body } = requireStatus(await send({ method: "GET", query }), [200], `list ${prefix}`);
      return Array.from(body.toString("utf8").matchAll(/<Key>([^<]*)<\/Key>/g), ([, key = ""]) => key);
    },
    async sign({ method, key, seconds, query = {}, headers = {}, origin = `${service.protocol}//${host}` }) {
      const path = `${root}/${requireKey(key)}`;
      const signed = signUrl(await readCredentials(), {
        service: "s3",
        region,
        method,
        path,
        query,
        headers: { ...headers, host: new URL(origin).host },
        now: Date.now(),
        seconds,
      });
      return `${origin}${path}?${signed}`;
    },
    close: () => agent.destroy(),
  };
};

/** Throws for keys that need an encoding, or that clients change: `a/../b`. */
const requireKey = (key: string): string => {
  const isPlain = /^[A-Za-z0-9/._-]*$/.test(key) && !key.split("/").some((part) => ["", ".", ".."].includes(part));
  if (key === "" || isPlain) return key;
  throw new TypeError(`Not a key: ${key}`);
};

const isMissing = ({ status, body }: S3Response): boolean => status === 404 && errorCode(body) !== "NoSuchBucket";

const errorCode = (body: Buffer): string | undefined => /<Code>([^<]*)/.exec(body.toString("utf8", 0, 2000))?.[1];

const requireStatus = (response: S3Response, expected: readonly number[], what: string): S3Response => {
  const { status, body } = response;
  if (expected.includes(status)) return response;
  throw new Error(`S3 refused to ${what}: ${status} ${errorCode(body) ?? ""}`);
};
