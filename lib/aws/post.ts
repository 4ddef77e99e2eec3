import * as http from "node:http";
import * as https from "node:https";

export interface HttpResponse {
  readonly status: number;
  /** The header `Date` of an error response. Headers of others are not parsed. */
  readonly date: string | undefined;
  readonly text: string;
}

/** Maximum number of open connections. A request to the store uses up to two at once. */
const MAX_SOCKETS = 64;

/** Creates a sender of POST requests to one host, over keep-alive connections. @param url without a path */
export const createPoster = (url: URL, timeoutMs: number) => {
  const isHttps = url.protocol === "https:";
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const agent = isHttps ? new https.Agent(options) : new http.Agent(options);
  const open: typeof http.request = isHttps ? https.request : http.request;
  const { hostname, port } = url;

  const post = (headers: Readonly<Record<string, string>>, body: string): Promise<HttpResponse> =>
    new Promise((resolve, reject) => {
      const request = open({
        method: "POST",
        hostname,
        port,
        path: "/",
        agent,
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
      });
      request.setTimeout(timeoutMs, () =>
        request.destroy(new Error(`${hostname} did not respond within ${timeoutMs} ms`)),
      );
      request.once("error", reject);
      request.once("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          const { statusCode: status = 0 } = response;
          const date = status === 200 ? undefined : response.headers.date;
          resolve({ status, date, text: Buffer.concat(chunks).toString("utf8") });
        });
      });
      request.end(body);
    });
  return { post, close: () => agent.destroy() };
};
