import { countStatuses, errnoOf, type SmokeResponse, type SmokeStore } from "./smoke-store.ts";

/** What a check saw. */
export interface SmokeOutcome {
  readonly result: "ok" | "failed" | "skipped";
  readonly seen: string;
}

/** One behavior that documentation leaves uncertain, or that only a real account shows. */
export interface SmokeCheck {
  readonly name: string;
  readonly expected: string;
  /** What to do when something else is seen. */
  readonly advice: string;
  /** Whether it changes data as the user, so that it is skipped when the user may not. */
  readonly writes?: true;
  readonly run: (store: SmokeStore) => Promise<SmokeOutcome>;
}

const outcome = (isOk: boolean, seen: string): SmokeOutcome => ({ result: isOk ? "ok" : "failed", seen });
const ms = (value: number): string => `${Math.round(value)} ms`;
const hasStatus = (expected: readonly number[], ...responses: readonly SmokeResponse[]): boolean =>
  responses.every(({ status }) => expected.includes(status));
const times = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const MAX_COLD_START_MS = 5000;
/** The first request, so that it meets a function that does not run yet. */
const coldStart: SmokeCheck = {
  name: "cold start",
  expected: `GET / answers within ${MAX_COLD_START_MS} ms, and faster when the function runs`,
  advice: "Raise deploy.apiMemoryMb: Lambda gives processor time in proportion to memory.",
  run: async ({ send }) => {
    const first = await send("GET", "/");
    const warm: SmokeResponse[] = [];
    for (const _ of times(5)) warm.push(await send("GET", "/"));
    const fastest = Math.min(...warm.map((one) => one.ms));
    return outcome(
      hasStatus([200], first, ...warm) && first.ms <= MAX_COLD_START_MS,
      `${first.status} after ${ms(first.ms)}, then ${ms(fastest)}`,
    );
  },
};

const heartbeat: SmokeCheck = {
  name: "heartbeat",
  expected: "GET /__heartbeat__ answers 200",
  advice: "The check that is false fails: see Deploy, Check that the store works. The log of api has the reason.",
  run: async ({ send }) => {
    const { status, json } = await send("GET", "/__heartbeat__");
    return outcome(status === 200, `${status} ${JSON.stringify(json)}`);
  },
};

const challenge: SmokeCheck = {
  name: "www-authenticate",
  expected: "an anonymous write answers 401 with the header WWW-Authenticate",
  advice: "If API Gateway renames the header (x-amzn-remapped-www-authenticate), browsers do not ask for credentials.",
  run: async ({ send, bucket }) => {
    const { status, headers } = await send("PUT", bucket("anonymous"), { authorization: null });
    const remapped = headers.get("x-amzn-remapped-www-authenticate");
    return outcome(
      status === 401 && headers.has("www-authenticate"),
      `${status}, ${headers.get("www-authenticate") ?? (remapped === null ? "no such header" : "a renamed header")}`,
    );
  },
};

/** If it fails, the checks that write are skipped. */
export const USER_CHECK: SmokeCheck = {
  name: "user",
  expected: "the user may create buckets (201)",
  advice:
    "Add --authorization with the header of a user who may create buckets. Which users may is the setting bucketCreatePrincipals; " +
    "a store needs a plugin that authenticates them.",
  run: async ({ send, bucket }) => {
    const { status } = await send("PUT", bucket("user"));
    return outcome(status === 201, String(status));
  },
};

const sharedAcl: SmokeCheck = {
  name: "shared permissions",
  expected: "objects that name other users are created, updated and deleted (201, 200, 200)",
  advice:
    "A 5xx: the log of api has AccessDenied. IAM judges dynamodb:LeadingKeys of transactions otherwise than documented.",
  writes: true,
  run: async ({ send, bucket }) => {
    const uri = bucket("acl");
    const permissions = { read: ["system.Everyone", "smoke:reader"], write: ["smoke:writer"] };
    const created = await send("PUT", uri, { body: { permissions } });
    const updated = await send("PATCH", uri, { body: { permissions: { write: ["smoke:another"] } } });
    const group = await send("PUT", `${uri}/groups/readers`, { body: { data: { members: ["smoke:reader"] } } });
    const regrouped = await send("PUT", `${uri}/groups/readers`, { body: { data: { members: ["smoke:writer"] } } });
    const deleted = await send("DELETE", uri);
    const all = [created, updated, group, regrouped, deleted];
    return outcome(all.map(({ status }) => status).join() === "201,200,201,200,200", countStatuses(all));
  },
};

const PURGE_LIMIT_MS = 60_000;
const purge: SmokeCheck = {
  name: "stream and purge",
  expected: `the contents of a deleted bucket leave the table within ${PURGE_LIMIT_MS / 1000} s`,
  advice:
    "The event source mapping of dispatch or of the worker store-purge is missing or disabled, or a role lacks a permission. " +
    "List mappings with aws lambda list-event-source-mappings; the logs of dispatch and of the worker have errors.",
  writes: true,
  run: async ({ send, bucket, isStored, waitUntil }) => {
    const uri = bucket("purge");
    const record = `${uri}/collections/c/records/r`;
    const made = [await send("PUT", uri), await send("PUT", `${uri}/collections/c`), await send("PUT", record)];
    if (!hasStatus([201], ...made)) return outcome(false, `writes: ${countStatuses(made)}`);
    const deleted = await send("DELETE", uri);
    const after = await waitUntil(async () => !(await isStored(record)), PURGE_LIMIT_MS);
    return outcome(
      deleted.status === 200 && after !== undefined,
      after === undefined ? "the record is still in the table" : `the record left the table after ${ms(after)}`,
    );
  },
};

const purgeWhileWriting: SmokeCheck = {
  name: "purge while writing",
  expected: "a collection that is deleted and created again while records are written has exactly the new records",
  advice: "A 500: the log of api or of store-purge has TransactionConflict or ConditionalCheckFailed.",
  writes: true,
  run: async ({ send, bucket }) => {
    const uri = bucket("rewrite");
    const collection = `${uri}/collections/c`;
    await send("PUT", uri);
    await send("PUT", collection);
    const old = await Promise.all(times(20).map((at) => send("PUT", `${collection}/records/old-${at}`)));
    const deleted = await send("DELETE", collection);
    const again = await send("PUT", collection);
    const fresh = await Promise.all(times(20).map((at) => send("PUT", `${collection}/records/new-${at}`)));
    const { json } = await send("GET", `${collection}/records`);
    const ids = (json as { data?: { id: string }[] } | undefined)?.data?.map(({ id }) => id) ?? [];
    const written = fresh.filter(({ status }) => status === 201).length;
    return outcome(
      hasStatus([201, 429, 503], ...old, ...fresh) &&
        hasStatus([200, 201], deleted, again) &&
        ids.length === written &&
        ids.every((id) => id.startsWith("new-")),
      `writes: ${countStatuses([...old, ...fresh])}; ${ids.length} records are listed, ${written} were accepted`,
    );
  },
};

const LARGE_BODIES_MB = [5.0, 5.5, 6.0];
const largeBodies: SmokeCheck = {
  name: "large bodies",
  expected: `bodies of ${LARGE_BODIES_MB.join(", ")} MB answer 413, from the store or from API Gateway`,
  advice: "Another status: the size is not checked before Lambda's limit of 6 MB for an event. See Limits.",
  writes: true,
  run: async ({ send, bucket }) => {
    const uri = bucket("large");
    await send("PUT", uri);
    const responses: SmokeResponse[] = [];
    for (const size of LARGE_BODIES_MB) {
      const frame = JSON.stringify({ data: { text: "" } }).length;
      responses.push(await send("PUT", uri, { body: { data: { text: "x".repeat(size * 1_000_000 - frame) } } }));
    }
    const seen = responses.map((one, at) => {
      const by = errnoOf(one) === undefined ? "the gateway" : "the store";
      return `${LARGE_BODIES_MB[at]?.toFixed(1)} MB: ${one.status} of ${by}`;
    });
    return outcome(hasStatus([413], ...responses), seen.join(", "));
  },
};

const encodedPath: SmokeCheck = {
  name: "encoded slash",
  expected: "a path with %2F answers a JSON error of the store (4xx with errno)",
  advice:
    "An answer of the gateway, or a 5xx: API Gateway decodes rawPath in another way than decodePath in functions/http/request.ts.",
  run: async ({ send }) => {
    const response = await send("GET", "/buckets/a%2Fb");
    const errno = errnoOf(response);
    return outcome(
      response.status >= 400 && response.status < 500 && errno !== undefined,
      `${response.status}, ${errno === undefined ? "no errno" : `errno ${errno}`}`,
    );
  },
};

const WRITERS = 50;
const parallelWriters: SmokeCheck = {
  name: "parallel writers",
  expected: `${WRITERS} writers on one list: each is accepted (201), or has to wait (503 with Retry-After, or 429)`,
  advice: "A 500, 502 or 504: contention is not ended early. Look for the request in the log of api.",
  writes: true,
  run: async ({ send, bucket }) => {
    const uri = bucket("writers");
    await send("PUT", uri);
    await send("PUT", `${uri}/collections/c`);
    const startedAt = performance.now();
    const responses = await Promise.all(times(WRITERS).map((at) => send("PUT", `${uri}/collections/c/records/r${at}`)));
    const refused = responses.filter(({ status }) => status === 503);
    return outcome(
      hasStatus([201, 429, 503], ...responses) && refused.every(({ headers }) => headers.has("retry-after")),
      `${countStatuses(responses)} in ${ms(performance.now() - startedAt)}`,
    );
  },
};

const BURST = 400;
const throttledBurst: SmokeCheck = {
  name: "throttled burst",
  expected: `of ${BURST} requests at once, some answer 429 and all others 200`,
  advice:
    "No 429: deploy.requestBurst is higher, or your connection is slower than the limit. A 5xx: Lambda is throttled before the API; " +
    "compare aws lambda get-account-settings with deploy.requestsPerSecond. New accounts may have 10 concurrent executions.",
  run: async ({ send, isRemote }) => {
    if (!isRemote) return { result: "skipped", seen: "only API Gateway limits the rate" };
    const responses = await Promise.all(times(BURST).map(() => send("GET", "/__lbheartbeat__")));
    return outcome(
      hasStatus([200, 429], ...responses) && responses.some(({ status }) => status === 429),
      countStatuses(responses),
    );
  },
};

/** All checks, in the order in which they run: the first meets a cold function, the last leaves the API throttled. */
export const SMOKE_CHECKS: readonly SmokeCheck[] = [
  coldStart,
  heartbeat,
  challenge,
  USER_CHECK,
  sharedAcl,
  purge,
  purgeWhileWriting,
  largeBodies,
  encodedPath,
  parallelWriters,
  throttledBurst,
];
