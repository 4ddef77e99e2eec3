import autocannon from "autocannon";
import { type Case, HEADERS } from "./cases.ts";
import { cpuTime } from "./cpu-time.ts";
import type { RunningServer } from "./server.ts";

/** Connections that a load keeps open. */
export const CONNECTIONS = 16;

export interface LoadResult {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
  /** Processor time of the server and its engines per request. */
  readonly cpuMs: number;
}

/** Sends the requests of a case for some seconds, after one second that does not count. */
export const runLoad = async (
  { url, pids }: RunningServer,
  { method, paths, body, headers, whileWriting }: Case,
  seconds: number,
): Promise<LoadResult> => {
  const requests = paths.map((path) => ({
    method: method as "GET",
    path: `/v1${path}`,
    headers: { ...HEADERS, ...headers },
    ...(body !== undefined && { body }),
  }));
  // Each connection starts at a different path, so that the connections do not compete for one record.
  let connectionCount = 0;
  const setupClient = (client: autocannon.Client) => {
    const from = (connectionCount++ * 7) % requests.length;
    client.setRequests([...requests.slice(from), ...requests.slice(0, from)]);
  };
  const run = (duration: number) => autocannon({ url, connections: CONNECTIONS, duration, requests, setupClient });
  let writing = whileWriting ?? false;
  const writer = (async () => {
    for (let i = 0; writing; i++)
      await fetch(`${url}${paths[0]?.split("?")[0]}/r${i % 120}`, {
        method: "PATCH",
        headers: HEADERS,
        body: `{"data":{"number":${i}}}`,
      });
  })();
  await run(1);
  const cpuBefore = cpuTime(pids);
  const { latency, duration, statusCodeStats = {}, errors } = await run(seconds);
  const cpu = cpuTime(pids) - cpuBefore;
  writing = false;
  await writer;
  const counts = Object.entries(statusCodeStats).map(([status, { count = 0 }]) => ({
    ok: Number(status) < 400,
    count,
  }));
  const sum = (ok: boolean) => counts.filter((entry) => entry.ok === ok).reduce((total, { count }) => total + count, 0);
  return {
    perSecond: Math.round(sum(true) / duration),
    p50: latency.p50,
    p99: latency.p99,
    failed: sum(false) + errors,
    cpuMs: cpu / Math.max(1, sum(true)),
  };
};

/** The case with the present timestamp of its list, which an earlier case may have changed. @param url with `/v1` */
export const withPresentEtag = async (url: string, benchCase: Case): Promise<Case> => {
  if (benchCase.headers === undefined) return benchCase;
  const list = benchCase.paths[0]?.split("?")[0];
  const { headers } = await fetch(`${url}${list}`, { method: "HEAD", headers: HEADERS });
  return { ...benchCase, headers: { ...benchCase.headers, "if-none-match": headers.get("etag") ?? "" } };
};
