import { request } from "node:http";
import { createResponseCheck } from "./openapi-check.ts";
import type { TestResponse } from "./start-store.ts";

export interface RawRequest {
  readonly method?: string;
  /** Path after the API's root URL. It is sent unchanged; fetch would normalize it. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * Sends a request without the headers, checks and normalization of fetch.
 * Throws if the response differs from the OpenAPI document.
 * @param api the root URL, with the version
 */
export const sendRaw = async (api: string, request: RawRequest): Promise<TestResponse> => {
  const response = await send(api, request);
  const check = await getResponseCheck(api);
  check({
    method: request.method ?? "GET",
    path: `${new URL(api).pathname}${request.path}`.split("?", 1).join(),
    ...response,
  });
  return response;
};

const checks = new Map<string, ReturnType<typeof createResponseCheck>>();

const getResponseCheck = (api: string): ReturnType<typeof createResponseCheck> => {
  const check = checks.get(api) ?? createResponseCheck(api);
  checks.set(api, check);
  return check;
};

const send = (api: string, { method = "GET", path, headers = {}, body }: RawRequest): Promise<TestResponse> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(api);
    const lengthHeader = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const outgoing = request(
      { hostname, port, method, path: `${pathname}${path}`, headers: { ...lengthHeader, ...headers } },
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
    outgoing.on("error", reject);
    outgoing.end(body);
  });
