import type { ReadBudget } from "../../core/store/read-budget.ts";
import { isObject, type JsonObject, parseJson } from "../../lib/json.ts";
import { type HttpRequest, PREFIX } from "./request.ts";
import { type HttpResponse, isJson } from "./response.ts";

/** Sends a request through the remaining steps. @param pageSize the `_limit` of a list whose request has none */
export type SendRequest = (request: HttpRequest, pageSize?: number) => Promise<HttpResponse>;

/** A response that is a list, or a page of one. */
export interface ListPage {
  readonly response: HttpResponse;
  readonly entries: readonly JsonObject[];
  /** The size of its JSON. */
  readonly bytes: number;
}

const PAGE_SIZE = 1000;
/** How long further pages are read; the rest of the request's time is for rendering them. */
const READ_TIMEOUT_MS = 10_000;

/** Reads a response as a list; returns `undefined` if it is something else. */
const parseList = (response: HttpResponse): ListPage | undefined => {
  if (response.status !== 200 || response.body === null || !isJson(response)) return undefined;
  const body = parseJson(response.body);
  if (!isObject(body) || !Array.isArray(body.data) || Object.keys(body).length > 1 || !body.data.every(isObject))
    return undefined;
  return { response, entries: body.data, bytes: Buffer.byteLength(response.body) };
};

/** Reads a list's first page of at most `maxBytes` of JSON. Returns the response if it is not a list. */
export const readFirstPage = async (
  request: HttpRequest,
  send: SendRequest,
  maxBytes: number,
): Promise<ListPage | HttpResponse> => {
  const response = await send(request, PAGE_SIZE);
  let page = parseList(response);
  while (page !== undefined && page.bytes > maxBytes && page.entries.length > 1) {
    const { length } = page.entries;
    const shorter = parseList(await send(request, Math.max(1, Math.floor((0.8 * length * maxBytes) / page.bytes))));
    // Some lists, such as a plugin's, have no pages.
    if (shorter === undefined || shorter.entries.length >= length) break;
    page = shorter;
  }
  return page ?? response;
};

/** Reads the page that the request is for. Returns the response if it is not a list. */
export const readPage = async (request: HttpRequest, send: SendRequest): Promise<ListPage | HttpResponse> => {
  const response = await send(request);
  return parseList(response) ?? response;
};

export interface ListWalkOptions {
  readonly request: HttpRequest;
  readonly first: ListPage;
  /** Reads further pages; only the first one is read if it is `undefined`. */
  readonly send: SendRequest | undefined;
  /** The origin in `Next-Page`. */
  readonly origin: string;
  /** Maximum size of the rendered list. */
  readonly maxBytes: number;
  /** What all pages together may read from the store. */
  readonly budget: ReadBudget;
}

/** Reads a list page by page, like a client, until it ends or its size, its time or the budget is reached. */
export class ListWalk {
  /** The `Next-Page` of the last page that was read. */
  next: string | undefined;
  /** The response for a further page, if it was not a list. */
  failed: HttpResponse | undefined;
  readonly #options: ListWalkOptions;
  #readBytes = 0;
  #renderedBytes = 0;

  constructor(options: ListWalkOptions) {
    this.#options = options;
  }

  /** Counts rendered text. */
  addRendered(text: string): void {
    // A response leaves Lambda as a string in JSON.
    this.#renderedBytes += Buffer.byteLength(JSON.stringify(text)) - 2;
  }

  /** Rendered bytes per byte of JSON. */
  get growth(): number {
    return this.#readBytes === 0 ? 1 : this.#renderedBytes / this.#readBytes;
  }

  get isTooLong(): boolean {
    return this.#renderedBytes > this.#options.maxBytes;
  }

  /** @param signal ends the walk early */
  async *entries(signal: AbortSignal): AsyncGenerator<JsonObject> {
    const { first, send, maxBytes, budget } = this.#options;
    const end = performance.now() + READ_TIMEOUT_MS;
    let page = first;
    for (;;) {
      this.#readBytes += page.bytes;
      yield* page.entries;
      this.next = page.response.headers["Next-Page"];
      const request = this.#nextRequest();
      if (send === undefined || request === undefined || signal.aborted) return;
      if (budget.isSpent || performance.now() > end) return;
      const response = await send(request, Math.max(1, first.entries.length));
      const following = parseList(response);
      if (following === undefined) {
        // A sorted list is read from the start for each page, so the budget can end within one.
        if (!budget.isSpent) this.failed = response;
        return;
      }
      // A page that does not fit is left for the client's next request.
      if (following.bytes * Math.max(1, this.growth) > maxBytes - Math.max(this.#renderedBytes, this.#readBytes))
        return;
      page = following;
    }
  }

  /** The request for the next page, unless it is on another server. */
  #nextRequest(): HttpRequest | undefined {
    const { request, origin } = this.#options;
    const url = this.next === undefined ? null : URL.parse(this.next);
    if (url === null || url.origin !== origin || !url.pathname.startsWith(`${PREFIX}/`)) return undefined;
    url.searchParams.delete("_limit");
    return { ...request, path: url.pathname, query: url.search.slice(1) };
  }
}

/** Removes `_limit` from a page's URL. */
export const withoutLimit = (next: string): string => {
  const url = URL.parse(next);
  url?.searchParams.delete("_limit");
  return url?.href ?? next;
};
