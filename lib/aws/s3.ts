import { hash } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import { type AwsConnection, serviceUrl } from "./connection.ts";
import { createRequestSigner } from "./sigv4.ts";

/** The objects of one bucket of S3. Calls reject with an error that names the status. */
export interface S3Bucket {
  put(key: string, body: Uint8Array): Promise<void>;
  /** `undefined` if there is no such object. @param maxBytes larger objects are refused */
  get(key: string, maxBytes: number): Promise<Buffer | undefined>;
  /** The first keys with a prefix, in the order of their UTF-8 bytes. */
  list(prefix: string, limit: number): Promise<readonly string[]>;
  close(): void;
}

/** Time without any progress of a call. */
const TIMEOUT_MS = 10_000;
const MAX_LIST_BYTES = 1024 * 1024;

interface S3Request {
  readonly method: "GET" | "PUT";
  readonly key?: string;
  /** Names and values in the order of names, percent-encoded. */
  readonly query?: string;
  readonly body?: Uint8Array;
  readonly maxBytes?: number;
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
  const sign = createRequestSigner();

  const send = async ({ method, key = "", query = "", body = new Uint8Array(), maxBytes = 0 }: S3Request) => {
    if (!/^[A-Za-z0-9/._-]*$/.test(key)) throw new TypeError(`Not a key: ${key}`);
    const path = `${root}/${key}`;
    const bodyHash = hash("sha256", body);
    const headers = sign(typeof credentials === "function" ? await credentials() : credentials, {
      service: "s3",
      method,
      region,
      path,
      query,
      bodyHash,
      headers: { host, "x-amz-content-sha256": bodyHash },
      now: Date.now(),
    });
    const target = `${path}${query === "" ? "" : `?${query}`}`;
    return new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
      const open: typeof http.request = isHttps ? https.request : http.request;
      const request = open({
        method,
        hostname: host.split(":")[0],
        port: service.port,
        path: target,
        agent,
        headers: { ...headers, "content-length": body.length },
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
        response.once("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      });
      request.end(body);
    });
  };

  const refuse = (what: string, { status, body }: { status: number; body: Buffer }): Error =>
    new Error(`S3 refused to ${what}: ${status} ${/<Code>([^<]*)/.exec(body.toString("utf8", 0, 2000))?.[1] ?? ""}`);

  return {
    async put(key, body) {
      const response = await send({ method: "PUT", key, body });
      if (response.status !== 200) throw refuse(`store ${key}`, response);
    },
    async get(key, maxBytes) {
      const response = await send({ method: "GET", key, maxBytes });
      if (response.status === 404) return undefined;
      if (response.status !== 200) throw refuse(`return ${key}`, response);
      return response.body;
    },
    async list(prefix, limit) {
      const query = `list-type=2&max-keys=${limit}&prefix=${encodeURIComponent(prefix)}`;
      const response = await send({ method: "GET", query });
      if (response.status !== 200) throw refuse(`list ${prefix}`, response);
      return Array.from(response.body.toString("utf8").matchAll(/<Key>([^<]*)<\/Key>/g), ([, key = ""]) => key);
    },
    close: () => agent.destroy(),
  };
};
