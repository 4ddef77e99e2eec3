import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient, type DynamoDBClientConfig, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { TABLE } from "../../adapters/store/dynamodb/table.ts";
import { isObject } from "../../lib/json.ts";

/** The store that is checked. */
export interface SmokeTarget {
  /** URL of the API, with `/v1`. */
  readonly url: string;
  readonly table: string;
  readonly dynamodb: DynamoDBClientConfig;
  /** The header of a user who may create buckets. */
  readonly authorization: string;
  /** Whether it is in AWS, behind API Gateway. */
  readonly isRemote: boolean;
  readonly signal: AbortSignal;
}

/** A response that was read. */
export interface SmokeResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; `undefined` when it is not JSON. */
  readonly json: unknown;
  readonly ms: number;
}

/** How a request of a check is sent. */
interface SmokeRequest {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** `null`: sent without the user's credentials. */
  readonly authorization?: string | null;
}

/** Time limit of one request in ms: more than API Gateway's 30 s. */
const REQUEST_TIMEOUT_MS = 35_000;
const POLL_MS = 250;

/** A client of the store that counts its requests and remembers the buckets that it made. */
export const openSmokeStore = ({ url, table, dynamodb, authorization, isRemote, signal }: SmokeTarget) => {
  const client = new DynamoDBClient(dynamodb);
  const run = `smoke-${randomBytes(6).toString("hex")}`;
  const buckets = new Set<string>();
  const created = new Set<string>();
  let requests = 0;

  const send = async (
    method: string,
    path: string,
    { body, authorization: header = authorization }: SmokeRequest = {},
    stop: AbortSignal = signal,
  ): Promise<SmokeResponse> => {
    requests++;
    const startedAt = performance.now();
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { "content-type": "application/json", ...(header !== null && { authorization: header }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.any([stop, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    const text = await response.text();
    if (response.status === 201 && method === "PUT" && buckets.has(path)) created.add(path);
    if (response.status === 200 && method === "DELETE") created.delete(path);
    return { status: response.status, headers: response.headers, json: parse(text), ms: performance.now() - startedAt };
  };

  return {
    isRemote,
    send,
    /** Number of requests so far. */
    count: () => requests,
    /** The URI of a bucket of this run, which is removed at the end. */
    bucket: (name: string): string => {
      const uri = `/buckets/${run}-${name}`;
      buckets.add(uri);
      return uri;
    },
    /** Whether the table has an object. @param uri with at least two parts */
    isStored: async (uri: string): Promise<boolean> => {
      const at = uri.lastIndexOf("/");
      const Key = { [TABLE.partitionKey]: { S: uri.slice(0, at) }, [TABLE.sortKey]: { S: uri.slice(at + 1) } };
      return (
        (await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }))).Item !== undefined
      );
    },
    /** Waits until a condition holds. @returns the ms that it took; `undefined` when it did not hold in time */
    waitUntil: async (holds: () => Promise<boolean>, limitMs: number): Promise<number | undefined> => {
      const startedAt = performance.now();
      while (performance.now() - startedAt < limitMs) {
        if (await holds()) return performance.now() - startedAt;
        await sleep(POLL_MS, undefined, { signal });
      }
      return undefined;
    },
    /** Removes the buckets, also after the run was stopped. @returns the URIs of those that are still there */
    cleanUp: async (): Promise<readonly string[]> => {
      const left = await Promise.all(
        [...buckets].map(async (uri) => {
          for (let tries = 0; tries < 5; tries++) {
            const { status } = await send("DELETE", uri, {}, AbortSignal.timeout(5000)).catch(() => ({ status: 0 }));
            if (status === 200 || status === 404) return [];
            // Without a permission on the top level, the store does not say that a bucket is missing.
            if (status === 401 || status === 403) return created.has(uri) ? [uri] : [];
            await sleep(500);
          }
          return [uri];
        }),
      );
      client.destroy();
      return left.flat();
    },
  };
};

export type SmokeStore = ReturnType<typeof openSmokeStore>;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The number of an error of the store; `undefined` for an answer of API Gateway. */
export const errnoOf = ({ json }: SmokeResponse): number | undefined =>
  isObject(json) && typeof json.errno === "number" ? json.errno : undefined;

/** `200 × 48, 503 × 2` */
export const countStatuses = (responses: readonly SmokeResponse[]): string =>
  [...new Set(responses.map(({ status }) => status))]
    .sort((a, b) => a - b)
    .map((status) => `${status} × ${responses.filter((one) => one.status === status).length}`)
    .join(", ");
