import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { rateLimits } from "../../plugins/rate-limits/index.ts";
import { createLimiter } from "../../plugins/rate-limits/limiter.ts";
import { options } from "../../plugins/rate-limits/options.ts";

const START = Date.UTC(2030, 0, 1, 12);
let store: TestStore;
let hours = 0;

beforeAll(async () => {
  store = await startTestStore({
    plugins: [
      rateLimits({
        limits: [
          { name: "writes", requests: 3, seconds: 60, methods: "writes", paths: ["/buckets/limited/*", "/batch"] },
          { name: "reads", requests: 2, seconds: 60, methods: "reads", paths: ["/buckets/limited/groups/:id"] },
          { name: "address", requests: 4, seconds: 60, per: "address", paths: ["/buckets/limited/collections"] },
        ],
        exempt: ["testuser:root", "/buckets/staff/groups/robots"],
      }),
    ],
    settings: { clientAddressHeader: "x-client" },
  });
  store.clock.set(new Date(START).toISOString());
  await store.put("/buckets/staff");
  await store.put("/buckets/staff/groups/robots", { data: { members: ["testuser:robot"] } });
  await store.put("/buckets/limited", { permissions: { write: ["system.Everyone"] } });
});
// Each test has windows of its own.
beforeEach(() => store.clock.set(new Date(START + ++hours * 3_600_000 + 15_000).toISOString()));
afterAll(() => store.close());

const repeat = async (count: number, send: () => Promise<{ status: number }>): Promise<number[]> => {
  const statuses: number[] = [];
  for (let n = 0; n < count; n++) statuses.push((await send()).status);
  return statuses;
};
const write = (as: string | null, client = "192.0.2.1") =>
  store.put("/buckets/limited/groups/g", { data: { members: [] } }, { as, headers: { "x-client": client } });

describe("rate limits", () => {
  it("refuse requests above the limit until the window ends", async () => {
    expect(await repeat(4, () => write("ann"))).toEqual([201, 200, 200, 429]);
    const refused = await write("ann");

    expect(refused.body).toMatchObject({ code: 429, errno: 117, error: "Too Many Requests" });
    expect(refused.body.message).toContain("3 requests within 60 s (limit 'writes')");
    expect(refused.headers.get("retry-after")).toBe("45");
    expect(refused.headers.get("ratelimit-policy")).toBe('"writes";q=3;w=60');
    expect(refused.headers.get("ratelimit")).toBe('"writes";r=0;t=45');

    store.clock.advance(45_000);
    expect((await write("ann")).status).toBe(200);
  });

  it("count each user, and each address of anonymous users", async () => {
    expect(await repeat(3, () => write("ben"))).not.toContain(429);
    expect((await write("eve")).status).toBe(200);
    expect(await repeat(4, () => write(null))).toEqual([200, 200, 200, 429]);
    expect((await write(null, "192.0.2.2")).status).toBe(200);
    // One network of IPv6 belongs to one client.
    let client = 0;
    expect(await repeat(4, () => write(null, `2001:db8::${++client}`))).toContain(429);
  });

  it("count requests by method and path", async () => {
    const read = () => store.get("/buckets/limited/groups/g", { as: "ann" });

    expect(await repeat(3, read)).toEqual([200, 200, 429]);
    expect((await write("ann")).status).toBe(200);
    expect(await repeat(6, () => store.get("/buckets/limited", { as: "ann" }))).not.toContain(429);
  });

  it("count addresses of all users if a limit says so", async () => {
    const list = (as: string | null) =>
      store.get("/buckets/limited/collections", { as, headers: { "x-client": "192.0.2.9" } });
    const users = ["ann", "ben", "eve", null, "joe"];
    const statuses = [];
    for (const user of users) statuses.push((await list(user)).status);

    expect(statuses).toEqual([200, 200, 200, 200, 429]);
  });

  it("count a batch and each of its requests, and refuse single requests of it", async () => {
    const path = "/buckets/limited/groups/batched";
    const requests = Array.from({ length: 4 }, () => ({ method: "PUT", path, body: { data: { members: [] } } }));

    const { status, body } = await store.post("/batch", { requests }, { as: "ann" });

    expect([status, body.responses.map((one: { status: number }) => one.status)]).toEqual([200, [201, 200, 429, 429]]);
    expect((await store.get(path, { as: "joe" })).status).toBe(200);
  });

  it("do not hold for exempt users and members of exempt groups", async () => {
    expect(await repeat(5, () => write("root"))).not.toContain(429);
    expect(await repeat(5, () => write("robot"))).not.toContain(429);
  });

  it("let requests pass when the table fails or is slow, and log it once a minute", async () => {
    const lines: unknown[] = [];
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: (line: string) => lines.push(line),
      error: () => undefined,
    };
    const never = Promise.withResolvers<never>().promise;
    const throttled = async (): Promise<never> => {
      throw new Error("throttled");
    };
    const answers = [throttled, () => never, throttled];
    const state = { count: () => answers.shift()?.() };
    const count = createLimiter(options.parse({}).limits, { state, now: () => 1000, log } as never);
    const request = { method: "GET", path: "/", params: {}, query: "", headers: {}, user: "u", address: null };

    expect([await count(request), await count(request), await count(request)]).toEqual([[], [], []]);
    expect(lines).toEqual(["Requests pass without being counted"]);
  });

  it("remember full counters, so that refused requests cost no call", async () => {
    let calls = 0;
    const state = { count: async () => ({ requests: ++calls }) };
    const limits = options.parse({ limits: [{ name: "few", requests: 2, seconds: 60 }] }).limits;
    const count = createLimiter(limits, { state, now: () => 1000, log: undefined } as never);
    const request = { method: "GET", path: "/", params: {}, query: "", headers: {}, user: "u", address: null };
    for (let n = 0; n < 6; n++) await count(request);

    expect(calls).toBe(3);
  });

  it("refuse options that make no sense", () => {
    const issues = (input: unknown) => options.safeParse(input).error?.issues.map(({ message }) => message);

    expect(issues({ limits: [{ name: "a", requests: 1, seconds: 1, paths: ["buckets"] }] })).toEqual([
      "must be a path, such as '/buckets/:bucket/*'",
    ]);
    const twice = { name: "a", requests: 1, seconds: 1 };
    expect(issues({ limits: [twice, twice] })).toEqual(["must have different names"]);
  });
});
