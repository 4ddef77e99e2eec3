import type { Call, Operation, Shown, Told } from "./history.ts";

/** How a client reaches the store: a path below `/v1`, a method, headers, and a body. Rejects when no answer came. */
export type Reach = (
  path: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<Response>;

export interface Clients {
  /** The store's doors; clients are dealt out to them. */
  readonly doors: readonly Reach[];
  /** The lists' paths, and the ids in each that clients fight for. */
  readonly lists: readonly string[];
  readonly ids: readonly string[];
  readonly count: number;
  /** How long they go on, in ms. */
  readonly forMs: number;
}

export interface Recorded {
  /** Of each list, in the order of `lists`. */
  readonly histories: readonly (readonly Operation[])[];
  /** How often each status was answered; `0` for no answer. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Lets clients create, replace, delete, get, list and follow the same few records at once, and records what they did and were told. */
export const record = async ({ doors, lists, ids, count, forMs }: Clients): Promise<Recorded> => {
  const histories = lists.map((): Operation[] => []);
  const statuses: Record<string, number> = {};
  const until = Date.now() + forMs;
  let moments = 0;

  const call = async (client: string, door: Reach, list: number, asked: Call): Promise<Told | undefined> => {
    const invoked = moments++;
    const told = await ask(door, lists[list] as string, asked).catch(() => undefined);
    const answered = moments++;
    statuses[told?.status ?? 0] = (statuses[told?.status ?? 0] ?? 0) + 1;
    const known = told !== undefined && told.status !== 503;
    histories[list]?.push({ client, call: asked, invoked, ...(known && { answer: { answered, ...told } }) });
    return known ? told : undefined;
  };

  const work = async (number: number): Promise<void> => {
    const client = `client ${number}`;
    const door = doors[number % doors.length] as Reach;
    const known = lists.map(() => ({ etags: new Map<string, number>(), since: undefined as number | undefined }));
    for (let step = 0; Date.now() < until; step++) {
      const list = Math.floor(Math.random() * lists.length);
      const { etags, since } = known[list] as (typeof known)[number];
      const id = ids[Math.floor(Math.random() * ids.length)] as string;
      const asked = chosen(id, `${number}.${step}`, etags.get(id), since);
      const told = await call(client, door, list, asked);
      if (asked.kind !== "list" && told?.etag !== undefined) etags.set(id, told.etag);
      const follows = asked.kind === "list" && (asked.since !== undefined || since === undefined);
      if (follows && told?.etag !== undefined) (known[list] as (typeof known)[number]).since = told.etag;
    }
  };
  await Promise.all(Array.from({ length: count }, (_, number) => work(number)));
  return { histories, statuses };
};

/** What a quiet list holds at last, tombstones and all, as one more reader sees it. */
export const lastLook = async (door: Reach, list: string, since: number, at: number): Promise<Operation[]> => {
  const asked: Call[] = [{ kind: "list" }, { kind: "list", since }];
  const looks: Operation[] = [];
  for (const [place, call] of asked.entries()) {
    const told = await ask(door, list, call);
    looks.push({
      client: "last look",
      call,
      invoked: at + 2 * place,
      answer: { answered: at + 2 * place + 1, ...told },
    });
  }
  return looks;
};

/** One of the things that clients do; `etag` is what the client knows of the object, `since` of the list. */
const chosen = (id: string, by: string, etag: number | undefined, since: number | undefined): Call => {
  const dice = Math.random();
  const conditional = etag !== undefined && { ifMatch: etag };
  if (dice < 0.12) return { kind: "create", id, by };
  if (dice < 0.27) return { kind: "put", id, by };
  if (dice < 0.42) return { kind: "put", id, by, ...conditional };
  if (dice < 0.47) return { kind: "put", id, by, ifNoneMatch: "*" };
  if (dice < 0.55) return { kind: "delete", id };
  if (dice < 0.6) return { kind: "delete", id, ...conditional };
  if (dice < 0.72) return { kind: "get", id };
  if (dice < 0.76) return { kind: "get", id, ...(etag !== undefined && { ifNoneMatch: etag }) };
  if (dice < 0.84) return { kind: "list" };
  if (dice < 0.94) return { kind: "list", ...(since !== undefined && { since }) };
  return { kind: "list", ...(since !== undefined && { since, ifNoneMatch: since }) };
};

const ask = async (door: Reach, list: string, call: Call): Promise<Told> => {
  const object = "id" in call ? `${list}/${call.id}` : list;
  const headers: Record<string, string> = {
    ...("by" in call && { "content-type": "application/json" }),
    ...("ifMatch" in call && { "if-match": `"${call.ifMatch}"` }),
    ...("ifNoneMatch" in call && { "if-none-match": call.ifNoneMatch === "*" ? "*" : `"${call.ifNoneMatch}"` }),
  };
  switch (call.kind) {
    case "create":
      return told(
        await door(list, { method: "POST", headers, body: JSON.stringify({ data: { id: call.id, by: call.by } }) }),
      );
    case "put":
      return told(await door(object, { method: "PUT", headers, body: JSON.stringify({ data: { by: call.by } }) }));
    case "delete":
      return told(await door(object, { method: "DELETE", headers }));
    case "get":
      return told(await door(object, { method: "GET", headers }));
    case "list":
      return told(
        await door(call.since === undefined ? list : `${list}?_since=${call.since}`, { method: "GET", headers }),
      );
  }
};

const told = async (response: Response): Promise<Told> => {
  const text = await response.text();
  const body: { data?: Shown | Shown[]; details?: { existing?: Shown } } = text === "" ? {} : JSON.parse(text);
  const etag = /^"(\d+)"$/.exec(response.headers.get("etag") ?? "")?.[1];
  const object = Array.isArray(body.data) ? undefined : (body.data ?? body.details?.existing);
  return {
    status: response.status,
    ...(etag !== undefined && { etag: Number(etag) }),
    ...(Array.isArray(body.data) ? { entries: body.data } : object !== undefined && { object }),
  };
};
