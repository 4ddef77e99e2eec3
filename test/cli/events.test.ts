import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { findListener, formatToken, parseToken } from "../../cli/commands/events/replay.ts";
import { echoEvents } from "../../cli/commands/events/tail.ts";
import { type ConnectedStore, connect } from "../../cli/connect.ts";
import { parsePastTime } from "../../cli/options.ts";
import { readConfig } from "../../config/config.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { type EmbeddedCloud, startCloud } from "../../local/cloud.ts";
import { type DryRun, dryRun, type ReplayOptions, sendReplay } from "../../operations/replay.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { createRequester, type SendRequest } from "../../testing/client.ts";
import { waitUntil } from "../wait-until.ts";
import { runCommand } from "./run-command.ts";

const ROOT = join(import.meta.dirname, "../..");

const folder = mkdtempSync(join(tmpdir(), "kintoun-events-"));
const deliveries: { readonly id: string; readonly uri: string; readonly user: string; readonly timestamp: number }[] =
  [];
const busy = definePlugin({
  name: "busy",
  about: "Does all sorts of things.",
  needs: () => ({
    mail: need.mail({ via: "ses", from: "desk@example.org" }),
    search: need.search({ domain: "finder" }),
    secret: need.secret("key"),
    data: need.data({
      "collection:create": ["/buckets/blog"],
      read: ["/buckets/blog"],
      "record:create": ["/buckets/blog/collections/log"],
    }),
    state: need.state(),
    http: need.http(),
  }),
  setup: ({ resources }) => resources,
  listeners: {
    quiet: {
      on: ["record.create", "record.update"],
      buckets: () => ["blog"],
      collections: () => ["posts"],
      where: () => ({ new: { draft: [{ exists: false }] } }),
      run: ({ id, uri, user_id: user, timestamp }) => void deliveries.push({ id, uri, user, timestamp }),
    },
    does: {
      on: ["record.create"],
      collections: () => ["posts"],
      where: () => ({ new: { wild: [{ exists: true }] } }),
      run: async ({ new: { id, fetches } }, { services: { mail, search, data, state, http, secret } }) => {
        if (fetches === true) await fetch("http://127.0.0.1:1/");
        await mail.send({ from: "desk@example.org", to: ["ada@example.org"], subject: `about ${id}`, text: "" });
        await search.write([
          {
            list: "/buckets/blog/collections/posts/records",
            index: "i",
            id: String(id),
            version: 1,
            document: { id: String(id) },
          },
        ]);
        await state.put("seen", String(id), (await secret()).length);
        const logged = await data.create("/buckets/blog/collections/log/records", { data: { id: "noted" } });
        const { status } = await http.request({ method: "POST", url: "https://example.org/hook" });
        await data.create("/buckets/blog/collections", { data: { id: `${logged.data.id}-${status}` } });
        await data.create("/buckets/other/collections", { data: {} });
      },
    },
    gone: { on: ["record.delete"], run: () => undefined },
  },
});
const config = readConfig({ plugins: [basicauth(), busy()], standalone: ["busy-does"] });
const target = { kind: "data", folder } as const;
let cloud: EmbeddedCloud;
let connected: ConnectedStore;
let ask: SendRequest;
const put = (path: string, data = {}) => ask(path, { method: "PUT", as: "alice", body: { data } });

const replaying = (name: string, more: Partial<ReplayOptions> = {}): ReplayOptions => ({
  appOptions: connected.appOptions,
  listener: findListener(config, name),
  prefix: "/",
  run: "r1",
  from: [],
  signal: new AbortController().signal,
  ...more,
});
const runDry = async (name: string, more: Partial<ReplayOptions> = {}): Promise<DryRun[]> => {
  const runs: DryRun[] = [];
  await dryRun(replaying(name, more), (run) => runs.push(run));
  return runs;
};

beforeAll(async () => {
  cloud = await startCloud({ config, port: 0, data: folder, log: createJsonLog(() => undefined), retryAfter: () => 1 });
  ask = createRequester(cloud.url);
  for (const path of [
    "/buckets/blog",
    "/buckets/blog/collections/posts",
    "/buckets/blog/collections/log",
    "/buckets/other",
    "/buckets/other/collections/posts",
  ])
    await put(path);
  for (let i = 0; i < 120; i++) await put(`/buckets/blog/collections/posts/records/p${i}`, { i });
  await put("/buckets/blog/collections/posts/records/draft", { draft: true });
  await put("/buckets/other/collections/posts/records/elsewhere");
  await cloud.drain();
  connected = await connect({
    config,
    target,
    queues: ["busy-quiet", "busy-does"],
    log: createJsonLog(() => undefined),
  });
}, 60_000);
afterAll(async () => {
  await connected.close();
  await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("kintoun worker echo", () => {
  it("prints each event's message as it happens", async () => {
    const lines: string[] = [];
    const stopping = new AbortController();
    const echoing = echoEvents({ config, target, signal: stopping.signal, print: (line) => lines.push(line) });
    // Writes before the worker follows the stream may not be printed.
    await waitUntil("a change is printed", async () => {
      await put("/buckets/echoed", {});
      return lines.length > 0;
    });
    await ask("/buckets/echoed", { method: "DELETE", as: "alice" });
    await waitUntil("the deletion is printed", () => lines.some((line) => line.includes('"action":"delete"')));
    stopping.abort();
    await echoing;

    const events = lines.map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({
      event: { resource_name: "bucket", uri: "/buckets/echoed", bucket_id: "echoed" },
      impacted_records: [{ new: { id: "echoed" } }],
    });
    expect(events.at(-1)).toMatchObject({
      event: { action: "delete", request_id: expect.any(String) },
      impacted_records: [{ old: { id: "echoed" } }],
    });
    expect(new Set(events.map(({ event }) => event.id)).size).toBe(events.length);
  });

  it("prints events since a time, oldest first", async () => {
    const lines: string[] = [];
    const stopping = new AbortController();
    const echoing = echoEvents({
      config,
      target,
      signal: stopping.signal,
      print: (line) => lines.push(line),
      since: 0,
    });
    await waitUntil("all events are printed", () => lines.length >= 126);
    stopping.abort();
    await echoing;

    const uris = lines.map((line) => JSON.parse(line).event.uri);
    expect(uris.slice(0, 2)).toEqual(["/buckets/blog", "/buckets/blog/collections/posts"]);
    expect(uris.filter((uri) => uri.endsWith("/p7"))).toHaveLength(1);
  });
});

describe("kintoun events replay", () => {
  it("sends create events to one listener, with ids of the run", async () => {
    const before = deliveries.splice(0);
    const { sent } = await sendReplay(replaying("busy-quiet"), 10_000);
    await cloud.drain();
    const first = deliveries.splice(0);
    await sendReplay(replaying("busy-quiet"), 10_000);
    await cloud.drain();
    const again = deliveries.splice(0);
    await sendReplay(
      replaying("busy-quiet", { run: "r2", prefix: "/buckets/blog/collections/posts/records/p11" }),
      10_000,
    );
    await cloud.drain();

    expect([before.length, sent, first.length, again.length]).toEqual([120, 120, 120, 0]);
    expect(first.map(({ uri }) => uri).toSorted()).toEqual(before.map(({ uri }) => uri).toSorted());
    const [one] = first;
    const same = before.find(({ uri }) => uri === one?.uri);
    expect(one).toEqual({ ...same, id: `${same?.uri}.replay.r1` });
    expect(deliveries.map(({ uri }) => uri.split("/").at(-1)).toSorted()).toEqual([
      "p11",
      "p110",
      "p111",
      "p112",
      "p113",
      "p114",
      "p115",
      "p116",
      "p117",
      "p118",
      "p119",
    ]);
  }, 60_000);

  it("resumes where it stopped", async () => {
    deliveries.splice(0);
    const counts: number[] = [];
    const part = await sendReplay(replaying("busy-quiet", { run: "r3", limit: 70 }), 10_000);
    const about = { run: "r3", listener: "busy-quiet", prefix: "/" };
    const { run, position } = parseToken(formatToken({ ...about, position: part.position }), "busy-quiet");
    const rest = await sendReplay(
      replaying("busy-quiet", { run, from: position, progress: (events) => counts.push(events) }),
      10_000,
    );
    await cloud.drain();

    expect([part.sent, rest.sent]).toEqual([70, 50]);
    expect(new Set(deliveries.map(({ uri }) => uri)).size).toBe(120);
    expect(counts.at(-1)).toBe(50);
  }, 60_000);

  it("sends every object once, also when objects change meanwhile", async () => {
    deliveries.splice(0);
    const posts = "/buckets/blog/collections/posts";
    const touched: string[] = [];
    const touch = async (path: string) => {
      touched.push(path);
      await put(path, { touched: true });
    };
    const part = await sendReplay(replaying("busy-quiet", { run: "r4", limit: 60 }), 10_000);
    for (const path of ["/buckets/blog", posts, `${posts}/records/p0`, `${posts}/records/p99`]) await touch(path);
    await cloud.drain();
    const ordinary = deliveries.splice(0).filter(({ id }) => !id.endsWith(".replay.r4"));
    // Resumes from the position, then from the start, as after a kill.
    for (const from of [part.position, []]) await sendReplay(replaying("busy-quiet", { run: "r4", from }), 10_000);
    await cloud.drain();
    const again = deliveries.splice(0);

    // The queue has no order.
    expect(ordinary.map(({ uri }) => uri).sort()).toEqual(touched.slice(2).sort());
    expect(part.sent + again.length).toBe(120);
    expect(again.map(({ uri }) => uri)).toContain(`${posts}/records/p99`);
  }, 60_000);

  it("sends only objects that changed since a time", async () => {
    const { headers } = await ask("/buckets/blog/collections/posts/records", { as: "alice", method: "HEAD" });
    const since = Number(headers.get("etag")?.replaceAll('"', ""));
    await put("/buckets/blog/collections/posts/records/p3", { changed: true });

    expect((await runDry("busy-quiet", { since })).map(({ event }) => event.uri)).toEqual([
      "/buckets/blog/collections/posts/records/p3",
    ]);
  });

  it("rejects listeners without create events and tokens of other listeners", () => {
    expect(() => findListener(config, "busy-gone")).toThrow("The listener 'busy-gone' receives only record.delete");
    expect(() => findListener(config, "busy")).toThrow(
      "There is no listener 'busy'. The listeners are: store-purge, busy-quiet, busy-does, busy-gone.",
    );
    expect(() => parseToken("nonsense", "busy-quiet")).toThrow(
      "--resume must be the token that an interrupted replay printed",
    );
    expect(() =>
      parseToken(formatToken({ run: "r", listener: "busy-does", prefix: "/", position: [] }), "busy-quiet"),
    ).toThrow("token of a replay to 'busy-does'");
  });
});

describe("kintoun events replay --dry-run", () => {
  it("lists side effects, checks permissions and changes nothing", async () => {
    await put("/buckets/blog/collections/posts/records/wild", { wild: true });
    const [run, ...others] = await runDry("busy-does");

    expect(others).toEqual([]);
    expect(run?.event.uri).toBe("/buckets/blog/collections/posts/records/wild");
    expect(run?.effects).toEqual([
      { kind: "mail", description: "to ada@example.org: about wild" },
      { kind: "search", description: 'index wild {"id":"wild"}' },
      { kind: "state", description: "store seen wild 64" },
      {
        kind: "data",
        description: expect.stringMatching(
          /^create \/buckets\/blog\/collections\/log\/records\/noted \{"id":"noted","last_modified":\d+\}$/,
        ),
      },
      { kind: "http", description: "POST https://example.org/hook" },
      { kind: "data", description: expect.stringMatching(/^create \/buckets\/blog\/collections\/noted-200 /) },
    ]);
    expect(run?.error).toBe("FORBIDDEN: This user cannot access this resource.");
    expect(cloud.mails).toEqual([]);
    expect((await ask("/buckets/blog/collections/log/records/noted", { as: "alice" })).status).toBe(404);
    expect((await ask("/buckets/blog/collections/noted-200", { as: "alice" })).status).toBe(404);
    // The run leaves no claim, so the next one has the same effects.
    expect((await runDry("busy-does"))[0]?.effects).toHaveLength(6);
  });

  it("rejects requests with the global fetch", async () => {
    const originalFetch = globalThis.fetch;
    await put("/buckets/blog/collections/posts/records/wild", { wild: true, fetches: true });
    const [run] = await runDry("busy-does");

    expect(run).toMatchObject({
      effects: [{ kind: "fetch" }],
      error: expect.stringContaining("Use need.http() instead"),
    });
    expect(globalThis.fetch).toBe(originalFetch);
  });
});

describe("parsePastTime", () => {
  it.each([
    ["10m", 1_000_000_000_000 - 600_000],
    ["2h", 1_000_000_000_000 - 7_200_000],
    ["7d", 1_000_000_000_000 - 604_800_000],
    ["2001-09-09T01:46:40Z", 1_000_000_000_000],
    ["2001-09-09T01:46", 999_999_960_000],
    ["2001-09-09T03:46:40+02:00", 1_000_000_000_000],
    ["2001-09-09", 999_993_600_000],
    ["1000000000001", 1_000_000_000_001],
    ["999999999d", 0],
  ])("parses %s", (text, time) => {
    expect(parsePastTime(text, 1_000_000_000_000)).toBe(time);
  });

  it.each([
    "yesterday",
    "",
    "10",
    "5w",
    "2030-13-45",
    "2023-02-30",
    "2023-02-01Z",
    "2023-02-01 junk",
    "2023-02-01T25:00",
  ])("rejects %j", (text) => {
    expect(() => parsePastTime(text)).toThrow("Expected a time such as");
  });

  it.each(["America/New_York", "Asia/Tokyo"])("parses a time without a zone as UTC in %s", async (TZ) => {
    const script = `import { parsePastTime } from "./cli/options.ts";
      console.log(new Date().getTimezoneOffset() !== 0, parsePastTime("2001-09-09T01:46"), parsePastTime("2001-09-09"));`;
    const { stdout } = await runCommand(`node --input-type=module --eval '${script}'`, ROOT, { TZ });

    expect(stdout).toBe("true 999999960000 999993600000\n");
  });

  it("rejects a time in the future", () => {
    expect(() => parsePastTime("2030-01-31", Date.parse("2029-12-31"))).toThrow("Expected a time in the past");
  });
});
