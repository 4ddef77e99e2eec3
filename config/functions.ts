/** Memory in MB and time-out in seconds of each function, for both the deployed stack and the embedded cloud. */
export const FUNCTIONS = {
  api: { memory: 512, timeout: 29 },
  search: { memory: 512, timeout: 29 },
  dispatch: { memory: 512, timeout: 60 },
  worker: { memory: 512, timeout: 60 },
} as const;

/** Time in ms for all that a request or batch decides. The rest of the function's time is for its commit and answer. */
export const MAX_REQUEST_MS = (Math.min(FUNCTIONS.api.timeout, FUNCTIONS.search.timeout) - 4) * 1000;

/**
 * The event source mapping from the table's stream to `dispatch`. A failing batch is split in half and retried, then
 * sent to the failures queue.
 */
export const STREAM = { batchSize: 100, retries: 20, bisect: true, maximumAgeSeconds: 23 * 3600 } as const;

/** The route of the `search` function; `api` handles all others. */
export const SEARCH_ROUTE = "POST /v1/buckets/{bucket}/collections/{collection}/search";

/** Maximum size of a request or response body, set by Lambda. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
