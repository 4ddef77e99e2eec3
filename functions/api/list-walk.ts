import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { type Answer, isJson } from "../http/answer.ts";
import { PREFIX } from "../http/prefix.ts";
import type { HttpRequest } from "../http/request.ts";

/** Answers a request, and does not fail. @param pageSize entries of a list's page, where nothing else is asked for */
export type Ask = (request: HttpRequest, pageSize?: number) => Promise<Answer>;

/** An answer that is a list, or a page of one. */
export interface ListPage {
  readonly answer: Answer;
  readonly entries: readonly JsonObject[];
  /** Of its JSON. */
  readonly bytes: number;
}

/** Entries that are asked for at a time. */
const PAGE = 1000;
/** How long pages are asked for, in ms: the rest of the time that a request has is for what was begun. */
const TIME = 10_000;

/** The list that an answer is; `undefined` where it is something else. */
const listIn = (answer: Answer): ListPage | undefined => {
  if (answer.status !== 200 || answer.body === null || !isJson(answer)) return undefined;
  const body: Json = JSON.parse(answer.body);
  if (!isObject(body) || !Array.isArray(body.data) || Object.keys(body).length > 1 || !body.data.every(isObject))
    return undefined;
  return { answer, entries: body.data, bytes: Buffer.byteLength(answer.body) };
};

/** A list's first page, as long as there is room for; or what else is answered. @param bytes of JSON that there is room for */
export const firstPage = async (request: HttpRequest, ask: Ask, bytes: number): Promise<ListPage | Answer> => {
  const answer = await ask(request, PAGE);
  let page = listIn(answer);
  while (page !== undefined && page.bytes > bytes && page.entries.length > 1) {
    const { length } = page.entries;
    const shorter = listIn(await ask(request, Math.max(1, Math.floor((0.8 * length * bytes) / page.bytes))));
    // Not everything that is a list has pages.
    if (shorter === undefined || shorter.entries.length >= length) break;
    page = shorter;
  }
  return page ?? answer;
};

/** The page that is asked for; or what else is answered. */
export const onePage = async (request: HttpRequest, ask: Ask): Promise<ListPage | Answer> => {
  const answer = await ask(request);
  return listIn(answer) ?? answer;
};

/** What a walk goes through, and how far. */
export interface Walking {
  readonly request: HttpRequest;
  readonly first: ListPage;
  /** Asks for further pages; they are left out when it is absent. */
  readonly ask: Ask | undefined;
  /** Where the store is reached from outside, as its pages' addresses say it. */
  readonly origin: string;
  /** Bytes that may be written. */
  readonly room: number;
  readonly now: () => number;
}

/** Goes through a list from its first page to its end, or as far as there is room and time for, by asking as its reader would. */
export class ListWalk {
  /** Where the list goes on, as its pages tell it. */
  next: string | undefined;
  /** What was answered in a page's place. */
  failed: Answer | undefined;
  readonly #walking: Walking;
  #read = 0;
  #written = 0;

  constructor(walking: Walking) {
    this.#walking = walking;
  }

  /** Notes what was written of the entries so far. */
  wrote(text: string): void {
    // An answer leaves Lambda as a string within JSON.
    this.#written += Buffer.byteLength(JSON.stringify(text)) - 2;
  }

  /** Bytes written for one of JSON. */
  get growth(): number {
    return this.#read === 0 ? 1 : this.#written / this.#read;
  }

  get isTooLong(): boolean {
    return this.#written > this.#walking.room;
  }

  /** @param signal ends it early */
  async *entries(signal: AbortSignal): AsyncGenerator<JsonObject> {
    const { first, ask, room, now } = this.#walking;
    const end = now() + TIME;
    let page = first;
    for (;;) {
      this.#read += page.bytes;
      yield* page.entries;
      this.next = page.answer.headers["Next-Page"];
      const to = this.#following();
      if (ask === undefined || to === undefined || signal.aborted || now() > end) return;
      const answer = await ask(to, Math.max(1, first.entries.length));
      const following = listIn(answer);
      if (following === undefined) {
        this.failed = answer;
        return;
      }
      // What does not fit is asked for again with the next answer.
      if (following.bytes * Math.max(1, this.growth) > room - Math.max(this.#written, this.#read)) return;
      page = following;
    }
  }

  /** The request that leads to the next page; none leads out of this store. */
  #following(): HttpRequest | undefined {
    const { request, origin } = this.#walking;
    const url = this.next === undefined ? null : URL.parse(this.next);
    if (url === null || url.origin !== origin || !url.pathname.startsWith(`${PREFIX}/`)) return undefined;
    url.searchParams.delete("_limit");
    return { ...request, path: url.pathname, query: url.search.slice(1) };
  }
}

/** A page's address without the limit that nobody asked for. */
export const unlimited = (next: string): string => {
  const url = URL.parse(next);
  url?.searchParams.delete("_limit");
  return url?.href ?? next;
};
