import { setImmediate as turn } from "node:timers/promises";
import type { SendRequest } from "./clients.ts";
import type { RecordState } from "./history.ts";
import type { Change } from "./serial-order.ts";

interface Answer {
  readonly status: number;
  readonly etag?: number;
  readonly body?: unknown;
}

/** Yields to other tasks up to a number of times. */
const yieldRandomly = async (turns: number): Promise<void> => {
  for (let left = Math.floor(Math.random() * turns); left > 0; left--) await turn();
};

/**
 * A list with exactly the guarantees of the store, to test the consistency check: calls overtake each other, pages are
 * read in parts, and some calls get no response, whether they take effect later or not.
 */
export const createListInMemory = (
  start: number,
): { readonly endpoint: SendRequest; readonly changes: readonly Change[] } => {
  let time = start;
  const versions = new Map<string, RecordState>();
  const changes: Change[] = [];

  const store = (record: Omit<RecordState, "last_modified">): RecordState => {
    time += 1 + Math.floor(Math.random() * 3);
    const stored = { ...record, last_modified: time };
    versions.set(record.id, stored);
    changes.push(stored);
    return stored;
  };
  const find = (id: string): RecordState | undefined => {
    const version = versions.get(id);
    return version?.deleted ? undefined : version;
  };
  const pages = async (deleted: boolean, since: number): Promise<RecordState[]> => {
    await yieldRandomly(4);
    return [...versions.values()].filter(
      (version) => (version.deleted ?? false) === deleted && version.last_modified > since,
    );
  };

  const readList = async (since: number | undefined, ifNoneMatch: number | undefined): Promise<Answer> => {
    const etag = time;
    if (ifNoneMatch === etag) return { status: 304, etag };
    const entries = await Promise.all([pages(false, since ?? -1), since === undefined ? [] : pages(true, since)]);
    return { status: 200, etag, body: { data: entries.flat().sort((a, b) => b.last_modified - a.last_modified) } };
  };

  const write = (method: string, id: string, by: string, ifMatch: number | undefined, ifNoneMatch: boolean): Answer => {
    const existing = find(id);
    const conflict = existing !== undefined && { etag: existing.last_modified, body: { details: { existing } } };
    if (method === "POST" && existing !== undefined)
      return { status: 200, etag: existing.last_modified, body: { data: existing } };
    if (method === "DELETE" && existing === undefined) return { status: 404 };
    if (ifMatch !== undefined && existing?.last_modified !== ifMatch) return { status: 412, etag: time, ...conflict };
    if (ifNoneMatch && conflict) return { status: 412, ...conflict };
    const stored = store(method === "DELETE" ? { id, deleted: true } : { id, by });
    return {
      status: method === "DELETE" || existing !== undefined ? 200 : 201,
      etag: stored.last_modified,
      body: { data: stored },
    };
  };

  const execute = async (
    path: string,
    method: string,
    headers: Headers,
    data: { id?: string; by?: string },
  ): Promise<Answer> => {
    const { pathname, searchParams } = new URL(path, "http://list");
    const [ifMatch, ifNoneMatch] = ["if-match", "if-none-match"]
      .map((name) => /^"(\d+)"$/.exec(headers.get(name) ?? "")?.[1])
      .map((tag) => (tag === undefined ? undefined : Number(tag)));
    const since = searchParams.get("_since");
    const id = data.id ?? pathname.split("/")[2];
    if (method !== "GET") return write(method, id ?? "", data.by ?? "", ifMatch, headers.get("if-none-match") === "*");
    if (id === undefined) return readList(since === null ? undefined : Number(since), ifNoneMatch);
    const existing = find(id);
    if (existing === undefined) return { status: 404 };
    return ifNoneMatch === existing.last_modified
      ? { status: 304, etag: ifNoneMatch }
      : { status: 200, etag: existing.last_modified, body: { data: existing } };
  };

  const endpoint: SendRequest = async (path, { method, headers, body }) => {
    const { data = {} }: { data?: { id?: string; by?: string } } = body === undefined ? {} : JSON.parse(body);
    const call = () => execute(path, method, new Headers(headers), data);
    await yieldRandomly(4);
    const roll = Math.random();
    if (roll < 0.06) {
      if (roll < 0.03) void yieldRandomly(200).then(call);
      throw new Error("No response");
    }
    const { status, etag, body: answer } = await call();
    await yieldRandomly(4);
    if (roll > 0.97) throw new Error("No response");
    return new Response(answer === undefined ? null : JSON.stringify(answer), {
      status,
      ...(etag !== undefined && { headers: { etag: `"${etag}"` } }),
    });
  };
  return { endpoint, changes };
};
