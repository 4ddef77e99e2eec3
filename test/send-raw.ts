import { request } from "node:http";
import type { Answer } from "./start-store.ts";

export interface RawRequest {
  readonly method?: string;
  /** Below the root of the API, sent letter by letter: fetch would tidy it up. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Sends a request as it stands, without what fetch adds, refuses or puts in order. */
export const sendRaw = (api: string, { method = "GET", path, headers = {}, body }: RawRequest): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(api);
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const sent = request({ hostname, port, method, path: `${pathname}${path}`, headers: { ...length, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const isJson = /^[[{]/.test(text);
        const pairs = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]);
        resolve({ status: response.statusCode ?? 0, headers: new Headers(pairs), body: isJson ? JSON.parse(text) : text || undefined });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
