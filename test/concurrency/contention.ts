import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "@jest/globals";
import type { AppOptions } from "../../app/create-app-context.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { type ApiApp, createApi } from "../../functions/api/app.ts";
import { withConflicts } from "../faults/conflicts.ts";
import { createLostResponses } from "../faults/lost-responses.ts";
import { withThrottling } from "../faults/throttling.ts";
import { requestApi } from "../request-api.ts";
import { readStream } from "./changes.ts";
import { readFinalState, record, type SendRequest } from "./clients.ts";
import type { ListReading } from "./list-state.ts";
import { findInconsistency } from "./serial-order.ts";

const AUTHORIZATION = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
const CLIENTS = 8;

/**
 * Runs eight clients against two lists of a table, each through its own instance of the API, on a failing DynamoDB.
 * Expects that all responses are consistent with the changes in the table's stream.
 */
export const runContention = async (
  options: AppOptions,
  { seconds, lists }: { seconds: number; lists: ListReading },
): Promise<void> => {
  const lostResponses = createLostResponses(0.04);
  const failing: AppOptions = {
    ...options,
    log: createJsonLog(() => undefined),
    wrapSend: (send) =>
      withConflicts(0.1)(withThrottling({ rejected: 0.01, unprocessed: 0.1 })(lostResponses.wrap(send))),
  };
  const [reliable, ...instances] = await Promise.all([
    createApi(options),
    ...Array.from({ length: CLIENTS }, () => createApi(failing)),
  ]);
  try {
    const endpoint = createEndpoint(reliable as ApiApp);
    const paths = ["/buckets/fight/collections/one/records", "/buckets/fight/collections/two/records"];
    for (const path of ["/buckets/fight", ...paths.map((list) => list.slice(0, -"/records".length))]) {
      const { status } = await endpoint(path, { method: "PUT", headers: {} });
      expect([200, 201]).toContain(status);
    }
    const starts = await Promise.all(
      paths.map(async (path) =>
        Number((await endpoint(path, { method: "GET", headers: {} })).headers.get("etag")?.slice(1, -1)),
      ),
    );

    const { histories, statuses } = await record({
      endpoints: instances.map(createEndpoint),
      lists: paths,
      ids: ["a", "b", "c", "d"],
      count: CLIENTS,
      forMs: seconds * 1000,
    });
    await lostResponses.settled();
    // Wait for calls whose client has given up.
    await sleep(100);

    const streams = await readStream(options, paths);
    for (const [index, path] of paths.entries()) {
      const start = starts[index] as number;
      const history = histories[index] ?? [];
      const end = Math.max(0, ...history.map(({ invoked, answer }) => answer?.answered ?? invoked)) + 1;
      const operations = [...history, ...(await readFinalState(endpoint, path, start, end))];
      expect(findInconsistency(operations, streams[index]?.changes ?? [], { start, lists })).toBeUndefined();
    }
    // The run had conflicts and failures.
    for (const status of [200, 201, 404, 412, 503]) expect([status, statuses[status] ?? 0]).not.toEqual([status, 0]);
    expect(
      Object.keys(statuses).filter((status) => !["200", "201", "304", "404", "412", "503"].includes(status)),
    ).toEqual([]);
  } finally {
    await Promise.all([reliable, ...instances].map((api) => api?.close()));
  }
};

const createEndpoint = (api: ApiApp): SendRequest => {
  const app = requestApi(api);
  return async (path, { headers, ...init }) =>
    app.request(`http://localhost/v1${path}`, { ...init, headers: { authorization: AUTHORIZATION, ...headers } });
};
