import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { createCloudWatchMonitor } from "../../../adapters/operations/cloudwatch.ts";

const GROUPS = ["store-api", "store-worker"];
const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

let logs: Readonly<Record<string, readonly LogEvent[]>> = {};
let pageSize = 2;
let calls: { readonly target: string; readonly type: string | undefined; readonly input: Record<string, unknown> }[] =
  [];

/** Answers as documented: within the range, oldest first, in pages of which some are empty. */
const filterLogEvents = ({
  logGroupName,
  startTime,
  endTime,
  filterPattern,
  nextToken = "0",
}: Record<string, unknown>) => {
  const kind = /"(\w+)"/.exec(String(filterPattern))?.[1] ?? "";
  const found = (logs[String(logGroupName)] ?? []).filter(
    ({ timestamp, message }) =>
      timestamp >= Number(startTime) && timestamp <= Number(endTime) && message.includes(`"activity":"${kind}"`),
  );
  const page = Number(nextToken);
  // The first page is empty.
  const events = page === 0 ? [] : found.slice((page - 1) * pageSize, page * pageSize);
  return { events, ...(page * pageSize < found.length && { nextToken: String(page + 1) }) };
};

const server = createServer(async (request, response) => {
  const input = JSON.parse(Buffer.concat(await request.toArray()).toString("utf8"));
  const target = String(request.headers["x-amz-target"]);
  calls.push({ target, type: request.headers["content-type"], input });
  const answer = target.endsWith("FilterLogEvents")
    ? filterLogEvents(input)
    : {
        MetricDataResults: [
          { Id: "q1", Values: [42, 7] },
          { Id: "q0", Values: [] },
        ],
      };
  response.end(JSON.stringify(answer));
});

let monitor: ReturnType<typeof createCloudWatchMonitor>;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connection = { endpoint, region: "eu-central-1", credentials: { accessKeyId: "id", secretAccessKey: "key" } };
  monitor = createCloudWatchMonitor({ logs: connection, metrics: connection, logGroups: GROUPS });
});
afterAll(() => {
  monitor.close();
  server.close();
});
beforeEach(() => {
  calls = [];
  pageSize = 2;
  logs = {};
});

const attempt = (minutesAgo: number): LogEvent => ({
  timestamp: NOW - minutesAgo * MINUTE,
  message: JSON.stringify({
    level: "INFO",
    activity: "attempt",
    listener: "shop-first",
    event_id: `e${minutesAgo}`,
    attempt: 1,
    ms: 5,
    outcome: "delivered",
  }),
});

const readAttempts = async (limit: number, minutes = 15) => {
  const range = { since: NOW - minutes * MINUTE, until: NOW, limit };
  const { entries, isComplete } = await monitor.read("attempt", range);
  return { ids: entries.map(({ event_id }) => event_id), isComplete };
};

it("reads entries of all log groups, newest first", async () => {
  logs = {
    "store-api": [{ timestamp: NOW - 1, message: '{"activity":"attempt","listener":1}' }, attempt(3), attempt(1)],
    "store-worker": [attempt(8), attempt(5), attempt(2), { timestamp: NOW, message: 'not JSON "activity":"attempt"' }],
  };
  expect(await readAttempts(10)).toEqual({ ids: ["e1", "e2", "e3", "e5", "e8"], isComplete: true });
  expect(calls[0]).toMatchObject({
    target: "Logs_20140328.FilterLogEvents",
    type: "application/x-amz-json-1.1",
    input: { logGroupName: "store-api", filterPattern: '{ $.activity = "attempt" }' },
  });
});

it("does not read older logs than it needs", async () => {
  logs = { "store-api": [attempt(14), attempt(0.5), attempt(0.2)] };
  expect(await readAttempts(1)).toEqual({ ids: ["e0.2"], isComplete: false });
  expect(calls.every(({ input }) => Number(input.startTime) > NOW - 2 * MINUTE)).toBe(true);
});

it("stops in a window with too many lines, and says so", async () => {
  pageSize = 1;
  logs = { "store-worker": Array.from({ length: 50 }, (_, index) => attempt(0.9 - index / 100)) };
  const { ids, isComplete } = await readAttempts(100);
  expect([ids.length, isComplete]).toEqual([4, false]);
  expect(calls.length).toBeLessThan(10);
});

it("reads the ages of messages from the metrics of queues", async () => {
  const urls = ["https://sqs.eu-central-1.amazonaws.com/1/a", "https://sqs.eu-central-1.amazonaws.com/1/b"];
  expect(await monitor.readAges(urls)).toEqual(new Map([[urls[1], 42]]));
  expect(calls).toMatchObject([
    { target: "GraniteServiceVersion20100801.GetMetricData", type: "application/x-amz-json-1.0" },
  ]);
  expect(calls[0]?.input.MetricDataQueries).toMatchObject([
    { Id: "q0", MetricStat: { Metric: { Dimensions: [{ Name: "QueueName", Value: "a" }] } } },
    { Id: "q1" },
  ]);
});
