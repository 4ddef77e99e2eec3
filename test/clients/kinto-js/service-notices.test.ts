import { EventEmitter } from "node:events";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { startServer, type TestServer } from "../serve.ts";
import { type Client, createHeaders, createId, KintoClient, matchError } from "./client.ts";
import { createDevice, type LocalCollection } from "./offline.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const formatDateIn = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
const EOS = { KINTO_EOS_MESSAGE: "Move to v2", KINTO_EOS_URL: "https://example.org/v2" };

/** Servers with other settings than the one that all other tests use. */
const started: TestServer[] = [];
const start = async (settings: Readonly<Record<string, string>>): Promise<TestServer> => {
  const server = await startServer({ plugins: ["basicauth", "default-bucket"], settings });
  started.push(server);
  return server;
};

let busy: TestServer;
let ending: TestServer;
let ended: TestServer;
let warnings: jest.SpiedFunction<typeof console.warn>;
beforeAll(async () => {
  warnings = jest.spyOn(console, "warn").mockImplementation(() => {});
  [busy, ending, ended] = await Promise.all([
    start({ KINTO_BACKOFF: "10" }),
    start({ ...EOS, KINTO_EOS: `"${formatDateIn(2)}"` }),
    start({ ...EOS, KINTO_EOS: `"${formatDateIn(-7)}"` }),
  ]);
}, 90_000);
afterAll(async () => {
  warnings.mockRestore();
  await Promise.all(started.map((server) => server.stop()));
});

const connectClient = (server: TestServer): { client: Client; events: EventEmitter } => {
  const events = new EventEmitter();
  return { client: new KintoClient(server.url, { headers: createHeaders(createId("user")), events }), events };
};
const connectDevice = ({ url }: TestServer): LocalCollection =>
  createDevice({
    remote: url,
    bucket: "default",
    headers: createHeaders(createId("user")),
    events: new EventEmitter(),
  });

describe("a server which asks for a backoff", () => {
  it("sets the client's backoff and emits the time of its end", async () => {
    const { client, events } = connectClient(busy);
    const ends: number[] = [];
    events.on("backoff", (end) => ends.push(end));
    expect(client.backoff).toBe(0);

    await client.listBuckets();

    expect(client.backoff).toBeGreaterThan(5_000);
    expect(client.backoff).toBeLessThanOrEqual(10_000);
    expect(ends[0]).toBeGreaterThan(Date.now());
  });

  it("rejects a sync during the backoff, except with `ignoreBackoff`", async () => {
    const device = connectDevice(busy);
    await device.sync();

    await expect(device.sync()).rejects.toThrow(/^Server is asking clients to back off; retry in \d+s/);
    await expect(device.sync({ ignoreBackoff: true })).resolves.toMatchObject({ ok: true });
  });
});

describe("a server whose service ends soon", () => {
  const alert = { code: "soft-eol", message: "Move to v2", url: "https://example.org/v2" };

  it("answers, and emits an alert", async () => {
    const { client, events } = connectClient(ending);
    const alerts: unknown[] = [];
    events.on("deprecated", (event) => alerts.push(event));

    await client.listBuckets();

    expect(alerts).toEqual([alert]);
    expect(warnings).toHaveBeenCalledWith(alert.message, alert.url);
  });

  it("can still be synced with", async () => {
    const device = connectDevice(ending);
    await device.create({ title: "one" });

    await expect(device.sync()).resolves.toMatchObject({ ok: true, published: [{ title: "one" }] });
  });
});

describe("a server whose service has ended", () => {
  it("rejects requests with 410 and errno 202", async () => {
    const { client } = connectClient(ended);

    await expect(client.listBuckets()).rejects.toMatchObject({
      ...matchError(410, 202),
      message: expect.stringContaining("HTTP 410 Gone: Service deprecated"),
    });
    expect(warnings).toHaveBeenCalledWith("Move to v2", "https://example.org/v2");
  });

  it("rejects a sync", async () => {
    await expect(connectDevice(ended).sync()).rejects.toMatchObject(matchError(410, 202));
  });
});
