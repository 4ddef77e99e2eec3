import type { HttpHandler } from "../functions/http/pipeline.ts";
import { definePlugin, type Plugin } from "../kit/index.ts";

/** A kind of request to measure. */
export interface Case {
  readonly name: string;
  readonly method: string;
  /** Paths, used in rotation. */
  readonly paths: readonly string[];
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether records change during the measurement, so that responses differ. */
  readonly whileWriting?: boolean;
}

/** A record of about 1 KB. */
export const RECORD = JSON.stringify({
  data: {
    title: "A cloud at the edge of the sea",
    text: "lorem ipsum ".repeat(75),
    number: 42,
    tags: ["cloud", "sea"],
    nested: { yes: true },
  },
});

const collection = (id: string) => `/buckets/bench/collections/${id}`;
/** Collections of the case that spreads its writes. */
export const SPREAD_COLLECTIONS = Array.from({ length: 16 }, (_, i) => `c${i}`);

/** Returns the cases. @param etag timestamp of the list that is polled */
export const listCases = (etag: string): readonly Case[] => [
  { name: "get", method: "GET", paths: [`${collection("read")}/records/r7`] },
  { name: "list of 100", method: "GET", paths: [`${collection("read")}/records?_limit=100`] },
  {
    name: "list of 100, while it changes",
    method: "GET",
    paths: [`${collection("read")}/records?_limit=100`],
    whileWriting: true,
  },
  {
    name: "filtered list",
    method: "GET",
    paths: Array.from({ length: 20 }, (_, i) => `${collection("read")}/records?min_number=${i + 20}&_limit=50`),
  },
  { name: "sorted list", method: "GET", paths: [`${collection("read")}/records?_sort=-number,title&_limit=50`] },
  {
    name: "sorted list, while it changes",
    method: "GET",
    paths: [`${collection("read")}/records?_sort=-number,title&_limit=50`],
    whileWriting: true,
  },
  { name: "/permissions", method: "GET", paths: ["/permissions?_limit=50"] },
  {
    name: "poll, 304",
    method: "GET",
    paths: [`${collection("read")}/records?_since=${etag}`],
    headers: { "if-none-match": `"${etag}"` },
  },
  { name: "create, one collection", method: "POST", paths: [`${collection("hot")}/records`], body: RECORD },
  {
    name: "create, 16 collections",
    method: "POST",
    paths: SPREAD_COLLECTIONS.map((id) => `${collection(id)}/records`),
    body: RECORD,
  },
  {
    name: "patch",
    method: "PATCH",
    paths: Array.from({ length: 100 }, (_, i) => `${collection("patched")}/records/r${i}`),
    body: JSON.stringify({ data: { number: 43 } }),
  },
  {
    name: "batch of 25 PUTs",
    method: "POST",
    paths: ["/batch"],
    body: JSON.stringify({
      defaults: { method: "PUT", body: JSON.parse(RECORD) },
      requests: Array.from({ length: 25 }, (_, i) => ({ path: `${collection("many")}/records/r${i}` })),
    }),
  },
];

export const HEADERS = {
  authorization: `Basic ${Buffer.from("bench:bench").toString("base64")}`,
  "content-type": "application/json",
};

type SendRequest = (method: string, path: string, body?: string) => Promise<Response>;

/** Creates the objects that the cases need. @returns timestamp of the list that is polled */
export const createObjects = async (send: SendRequest): Promise<string> => {
  await send("PUT", "/buckets/bench");
  for (const id of ["read", "hot", "patched", "many", ...SPREAD_COLLECTIONS]) await send("PUT", collection(id));
  for (const id of ["read", "patched"])
    for (let i = 0; i < 120; i++) await send("PUT", `${collection(id)}/records/r${i}`, RECORD);
  const list = await send("HEAD", `${collection("read")}/records`);
  return list.headers.get("etag")?.slice(1, -1) ?? "";
};

/** Returns a function that calls the api handler without a server and throws on an error response. */
export const createRequester = (handler: HttpHandler) => async (method: string, path: string, body?: string) => {
  const { statusCode = 500 } = await handler({
    rawPath: `/v1${path}`,
    rawQueryString: "",
    headers: { host: "localhost", ...HEADERS },
    requestContext: { requestId: "bench", http: { method } },
    ...(body !== undefined && { body }),
    isBase64Encoded: false,
  } as unknown as Parameters<HttpHandler>[0]);
  if (statusCode >= 400) throw new Error(`${method} ${path} returned ${statusCode}`);
};

/**
 * Creates a plugin with one listener.
 * @param onDelivery receives the latency in ms, measured from the event's timestamp
 */
export const createLatencyPlugin = (name: string, ordered: boolean, onDelivery: (latencyMs: number) => void): Plugin =>
  definePlugin({
    name,
    about: "Measures the latency of events.",
    listeners: {
      measure: { on: ["record.create"], ordered, run: ({ timestamp }) => onDelivery(Date.now() - timestamp) },
    },
  })();
