import type { Call, CallResult, Operation, RecordState } from "./history.ts";

/** Sends a request to a path below `/v1`. Rejects when there is no response. */
export type SendRequest = (
  path: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<Response>;

export interface ClientOptions {
  /** The instances of the API; clients are distributed over them. */
  readonly endpoints: readonly SendRequest[];
  /** The lists' paths, and the ids in each that clients change. */
  readonly lists: readonly string[];
  readonly ids: readonly string[];
  readonly count: number;
  /** Duration in ms. */
  readonly forMs: number;
}

export interface Recording {
  /** One history per list, in the order of `lists`. */
  readonly histories: readonly (readonly Operation[])[];
  /** Number of responses by status; `0` for no response. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Runs clients that change and read the same few records concurrently, and records their calls and responses. */
export const record = async ({ endpoints, lists, ids, count, forMs }: ClientOptions): Promise<Recording> => {
  const histories = lists.map((): Operation[] => []);
  const statuses: Record<string, number> = {};
  const until = Date.now() + forMs;
  let clock = 0;

  const call = async (
    client: string,
    endpoint: SendRequest,
    list: number,
    request: Call,
  ): Promise<CallResult | undefined> => {
    const invoked = clock++;
    const result = await sendCall(endpoint, lists[list] as string, request).catch(() => undefined);
    const answered = clock++;
    statuses[result?.status ?? 0] = (statuses[result?.status ?? 0] ?? 0) + 1;
    const isKnown = result !== undefined && result.status !== 503;
    histories[list]?.push({ client, call: request, invoked, ...(isKnown && { answer: { answered, ...result } }) });
    return isKnown ? result : undefined;
  };

  const work = async (number: number): Promise<void> => {
    const client = `client ${number}`;
    const endpoint = endpoints[number % endpoints.length] as SendRequest;
    const seen = lists.map(() => ({ etags: new Map<string, number>(), since: undefined as number | undefined }));
    for (let step = 0; Date.now() < until; step++) {
      const list = Math.floor(Math.random() * lists.length);
      const { etags, since } = seen[list] as (typeof seen)[number];
      const id = ids[Math.floor(Math.random() * ids.length)] as string;
      const request = chooseCall(id, `${number}.${step}`, etags.get(id), since);
      const result = await call(client, endpoint, list, request);
      if (request.kind !== "list" && result?.etag !== undefined) etags.set(id, result.etag);
      const follows = request.kind === "list" && (request.since !== undefined || since === undefined);
      if (follows && result?.etag !== undefined) (seen[list] as (typeof seen)[number]).since = result.etag;
    }
  };
  await Promise.all(Array.from({ length: count }, (_, number) => work(number)));
  return { histories, statuses };
};

/** Reads the final state of a list, including tombstones, as two more operations. */
export const readFinalState = async (
  endpoint: SendRequest,
  list: string,
  since: number,
  at: number,
): Promise<Operation[]> => {
  const calls: Call[] = [{ kind: "list" }, { kind: "list", since }];
  const operations: Operation[] = [];
  for (const [index, call] of calls.entries()) {
    const result = await sendCall(endpoint, list, call);
    operations.push({
      client: "final reader",
      call,
      invoked: at + 2 * index,
      answer: { answered: at + 2 * index + 1, ...result },
    });
  }
  return operations;
};

/** Chooses a random call. `etag` is the client's last ETag of the object, `since` that of the list. */
const chooseCall = (id: string, by: string, etag: number | undefined, since: number | undefined): Call => {
  const roll = Math.random();
  const conditional = etag !== undefined && { ifMatch: etag };
  if (roll < 0.12) return { kind: "create", id, by };
  if (roll < 0.27) return { kind: "put", id, by };
  if (roll < 0.42) return { kind: "put", id, by, ...conditional };
  if (roll < 0.47) return { kind: "put", id, by, ifNoneMatch: "*" };
  if (roll < 0.55) return { kind: "delete", id };
  if (roll < 0.6) return { kind: "delete", id, ...conditional };
  if (roll < 0.72) return { kind: "get", id };
  if (roll < 0.76) return { kind: "get", id, ...(etag !== undefined && { ifNoneMatch: etag }) };
  if (roll < 0.84) return { kind: "list" };
  if (roll < 0.94) return { kind: "list", ...(since !== undefined && { since }) };
  return { kind: "list", ...(since !== undefined && { since, ifNoneMatch: since }) };
};

const sendCall = async (endpoint: SendRequest, list: string, call: Call): Promise<CallResult> => {
  const object = "id" in call ? `${list}/${call.id}` : list;
  const headers: Record<string, string> = {
    ...("by" in call && { "content-type": "application/json" }),
    ...("ifMatch" in call && { "if-match": `"${call.ifMatch}"` }),
    ...("ifNoneMatch" in call && { "if-none-match": call.ifNoneMatch === "*" ? "*" : `"${call.ifNoneMatch}"` }),
  };
  switch (call.kind) {
    case "create":
      return toCallResult(
        await endpoint(list, { method: "POST", headers, body: JSON.stringify({ data: { id: call.id, by: call.by } }) }),
      );
    case "put":
      return toCallResult(
        await endpoint(object, { method: "PUT", headers, body: JSON.stringify({ data: { by: call.by } }) }),
      );
    case "delete":
      return toCallResult(await endpoint(object, { method: "DELETE", headers }));
    case "get":
      return toCallResult(await endpoint(object, { method: "GET", headers }));
    case "list":
      return toCallResult(
        await endpoint(call.since === undefined ? list : `${list}?_since=${call.since}`, { method: "GET", headers }),
      );
  }
};

const toCallResult = async (response: Response): Promise<CallResult> => {
  const text = await response.text();
  const body: { data?: RecordState | RecordState[]; details?: { existing?: RecordState } } =
    text === "" ? {} : JSON.parse(text);
  const etag = /^"(\d+)"$/.exec(response.headers.get("etag") ?? "")?.[1];
  const object = Array.isArray(body.data) ? undefined : (body.data ?? body.details?.existing);
  return {
    status: response.status,
    ...(etag !== undefined && { etag: Number(etag) }),
    ...(Array.isArray(body.data) ? { entries: body.data } : object !== undefined && { object }),
  };
};
