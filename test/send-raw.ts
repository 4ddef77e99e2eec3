import { request } from "node:http";
import { documented } from "./documented.ts";
import type { Answer } from "./start-store.ts";

export interface RawRequest {
  readonly method?: string;
  /** Below the root of the API, sent letter by letter: fetch would tidy it up. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Sends a request as it stands, without what fetch adds, refuses or puts in order; takes no answer that the API's document does not tell of. */
export const sendRaw = async (api: string, request: RawRequest): Promise<Answer> => {
  const answer = await send(api, request);
  const check = await bookOf(api);
  check({
    method: request.method ?? "GET",
    path: `${new URL(api).pathname}${request.path}`.split("?", 1).join(),
    ...answer,
  });
  return answer;
};

const books = new Map<string, ReturnType<typeof documented>>();

const bookOf = (api: string): ReturnType<typeof documented> => {
  const book = books.get(api) ?? documented(api);
  books.set(api, book);
  return book;
};

const send = (api: string, { method = "GET", path, headers = {}, body }: RawRequest): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(api);
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const sent = request(
      { hostname, port, method, path: `${pathname}${path}`, headers: { ...length, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const isJson = /^[[{]/.test(text);
          const pairs = Object.entries(response.headers).map(([name, value]): [string, string] => [
            name,
            String(value),
          ]);
          resolve({
            url: `${api}${path}`,
            status: response.statusCode ?? 0,
            headers: new Headers(pairs),
            body: isJson ? JSON.parse(text) : text || undefined,
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
