/** Time-out in seconds of each function, for both the deployed stack and the embedded cloud. */
export const FUNCTIONS = {
  api: { timeout: 29 },
  search: { timeout: 29 },
  dispatch: { timeout: 60 },
  worker: { timeout: 60 },
  commands: { timeout: 60 },
} as const;

/** Time in ms for all that a request or batch decides. The rest of the function's time is for its commit and answer. */
export const MAX_REQUEST_MS = (Math.min(FUNCTIONS.api.timeout, FUNCTIONS.search.timeout) - 4) * 1000;

/**
 * The event source mapping from the table's stream to `dispatch`. A failing batch is split in half and retried, then
 * sent to the failures queue.
 */
export const STREAM = { batchSize: 100, retries: 20, bisect: true, maximumAgeSeconds: 23 * 3600 } as const;

/** The routes of the `search` function, without the version prefix; `api` handles all others. */
export const SEARCH_ROUTES: readonly { readonly path: string; readonly methods: readonly SearchMethod[] }[] = [
  { path: "/buckets/{bucket}/collections/{collection}/search", methods: ["GET", "HEAD", "POST"] },
  { path: "/buckets/{bucket}/collections/{collection}/search/_count", methods: ["POST"] },
  { path: "/buckets/{bucket}/collections/{collection}/search/_msearch", methods: ["POST"] },
  { path: "/buckets/{bucket}/search", methods: ["POST"] },
  { path: "/search", methods: ["POST"] },
  { path: "/search/plugins", methods: ["GET", "HEAD"] },
  { path: "/search/facets", methods: ["GET", "HEAD"] },
];

type SearchMethod = "GET" | "HEAD" | "POST";

/** Maximum size of the JSON of an event or a response of a function (6 MB), set by Lambda. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/**
 * Maximum size of a request body that API Gateway passes on as text. It is lower than Lambda's limit, because the event
 * contains the body as a JSON string, in which each quotation mark and line break takes another byte, beside the headers.
 */
export const MAX_TEXT_BODY_BYTES = 5_000_000;

/**
 * Maximum size of all responses in a batch, as JSON strings. Together they fit into a response without compression, and a
 * batch of many long lists does not fill the memory.
 */
export const MAX_BATCH_RESPONSE_BYTES = 5_000_000;

/** Maximum size of a request body that API Gateway encodes in base64, which takes a third more. */
export const MAX_BASE64_BODY_BYTES = 4_500_000;

/** Quotas of API Gateway's HTTP APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
export const HTTP_API = {
  /** The request line and the values of all headers together. */
  maxHeaderBytes: 10_240,
  maxBodyBytes: 10 * 1024 * 1024,
  timeoutMs: 30_000,
} as const;
