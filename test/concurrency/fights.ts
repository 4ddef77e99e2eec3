import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "@jest/globals";
import type { AppOptions } from "../../app/open.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { type ApiApp, createApi } from "../../functions/api/app.ts";
import { askApi } from "../ask-api.ts";
import { withConflicts } from "../faults/conflicts.ts";
import { lostAnswers } from "../faults/lost-answers.ts";
import { withThrottling } from "../faults/throttling.ts";
import { changesOf } from "./changes.ts";
import { lastLook, type Reach, record } from "./clients.ts";
import type { ListReading } from "./list-state.ts";
import { unexplained } from "./serial-order.ts";

const AUTHORIZATION = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
const CLIENTS = 8;

/**
 * Lets eight clients fight over two lists of one table through as many instances of the API, none of which knows of the others,
 * on a DynamoDB in trouble; and expects that the changes which the table's stream tells of explain all they were told.
 */
export const fight = async (
  opening: AppOptions,
  { seconds, lists }: { seconds: number; lists: ListReading },
): Promise<void> => {
  const lost = lostAnswers(0.04);
  const troubled: AppOptions = {
    ...opening,
    log: createJsonLog(() => undefined),
    wrapSend: (send) => withConflicts(0.1)(withThrottling({ refused: 0.01, left: 0.1 })(lost.wrap(send))),
  };
  const [quiet, ...instances] = await Promise.all([
    createApi(opening),
    ...Array.from({ length: CLIENTS }, () => createApi(troubled)),
  ]);
  try {
    const door = doorOf(quiet as ApiApp);
    const paths = ["/buckets/fight/collections/one/records", "/buckets/fight/collections/two/records"];
    for (const path of ["/buckets/fight", ...paths.map((list) => list.slice(0, -"/records".length))]) {
      const { status } = await door(path, { method: "PUT", headers: {} });
      expect([200, 201]).toContain(status);
    }
    const starts = await Promise.all(
      paths.map(async (path) =>
        Number((await door(path, { method: "GET", headers: {} })).headers.get("etag")?.slice(1, -1)),
      ),
    );

    const { histories, statuses } = await record({
      doors: instances.map(doorOf),
      lists: paths,
      ids: ["a", "b", "c", "d"],
      count: CLIENTS,
      forMs: seconds * 1000,
    });
    await lost.settled();
    // Calls that were on their way when they were given up have come and gone.
    await sleep(100);

    const changes = await changesOf(opening, paths);
    for (const [place, path] of paths.entries()) {
      const start = starts[place] as number;
      const history = histories[place] ?? [];
      const end = Math.max(0, ...history.map(({ invoked, answer }) => answer?.answered ?? invoked)) + 1;
      const seen = [...history, ...(await lastLook(door, path, start, end))];
      expect(unexplained(seen, changes[place] ?? [], { start, lists })).toBeUndefined();
    }
    // There was a fight, and there was trouble.
    for (const status of [200, 201, 404, 412, 503]) expect([status, statuses[status] ?? 0]).not.toEqual([status, 0]);
    expect(
      Object.keys(statuses).filter((status) => !["200", "201", "304", "404", "412", "503"].includes(status)),
    ).toEqual([]);
  } finally {
    await Promise.all([quiet, ...instances].map((api) => api?.close()));
  }
};

const doorOf = (api: ApiApp): Reach => {
  const app = askApi(api);
  return async (path, { headers, ...init }) =>
    app.request(`http://localhost/v1${path}`, { ...init, headers: { authorization: AUTHORIZATION, ...headers } });
};
