import { setImmediate as turn } from "node:timers/promises";
import type { Reach } from "./clients.ts";
import type { Shown } from "./history.ts";
import type { Change } from "./serial-order.ts";

interface Answer {
  readonly status: number;
  readonly etag?: number;
  readonly body?: unknown;
}

/** Lets others have their turns: up to so many. */
const wait = async (turns: number): Promise<void> => {
  for (let left = Math.floor(Math.random() * turns); left > 0; left--) await turn();
};

/**
 * A list that keeps the store's promises and no more, to check what checks them: its calls overtake each other, its pages are
 * read piece by piece, and some calls get no answer, whether they are carried out at some time afterwards or not.
 */
export const listInMemory = (start: number): { readonly door: Reach; readonly changes: readonly Change[] } => {
  let time = start;
  const versions = new Map<string, Shown>();
  const changes: Change[] = [];

  const store = (shown: Omit<Shown, "last_modified">): Shown => {
    time += 1 + Math.floor(Math.random() * 3);
    const stored = { ...shown, last_modified: time };
    versions.set(shown.id, stored);
    changes.push(stored);
    return stored;
  };
  const present = (id: string): Shown | undefined => {
    const version = versions.get(id);
    return version?.deleted ? undefined : version;
  };
  const pages = async (deleted: boolean, since: number): Promise<Shown[]> => {
    await wait(4);
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
    const there = present(id);
    const refused = there !== undefined && { etag: there.last_modified, body: { details: { existing: there } } };
    if (method === "POST" && there !== undefined)
      return { status: 200, etag: there.last_modified, body: { data: there } };
    if (method === "DELETE" && there === undefined) return { status: 404 };
    if (ifMatch !== undefined && there?.last_modified !== ifMatch) return { status: 412, etag: time, ...refused };
    if (ifNoneMatch && refused) return { status: 412, ...refused };
    const stored = store(method === "DELETE" ? { id, deleted: true } : { id, by });
    return {
      status: method === "DELETE" || there !== undefined ? 200 : 201,
      etag: stored.last_modified,
      body: { data: stored },
    };
  };

  const carryOut = async (
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
    const there = present(id);
    if (there === undefined) return { status: 404 };
    return ifNoneMatch === there.last_modified
      ? { status: 304, etag: ifNoneMatch }
      : { status: 200, etag: there.last_modified, body: { data: there } };
  };

  const door: Reach = async (path, { method, headers, body }) => {
    const { data = {} }: { data?: { id?: string; by?: string } } = body === undefined ? {} : JSON.parse(body);
    const call = () => carryOut(path, method, new Headers(headers), data);
    await wait(4);
    const fate = Math.random();
    if (fate < 0.06) {
      if (fate < 0.03) void wait(200).then(call);
      throw new Error("No answer came");
    }
    const { status, etag, body: answer } = await call();
    await wait(4);
    if (fate > 0.97) throw new Error("No answer came");
    return new Response(answer === undefined ? null : JSON.stringify(answer), {
      status,
      ...(etag !== undefined && { headers: { etag: `"${etag}"` } }),
    });
  };
  return { door, changes };
};
