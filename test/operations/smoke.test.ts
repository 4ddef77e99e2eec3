import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { SMOKE_CHECKS } from "../../operations/smoke/checks.ts";
import { estimateCostUsd, runSmoke, type SmokeReport } from "../../operations/smoke/run-smoke.ts";
import type { SmokeTarget } from "../../operations/smoke/smoke-store.ts";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.close());

const targetOf = (more: Partial<SmokeTarget> = {}): SmokeTarget => ({
  url: store.url,
  table: store.cloud.options.location.table,
  dynamodb: store.cloud.options.cloud?.dynamodb ?? {},
  authorization: `Basic ${Buffer.from("smoke:secret").toString("base64")}`,
  isRemote: false,
  signal: new AbortController().signal,
  ...more,
});
const listBuckets = async () => (await store.get("/buckets", { as: "smoke" })).body.data;

/** Answers every request in the same way, as a broken deployment does. */
const startBroken = async (status: number, headers: Record<string, string> = {}) => {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(status, headers).end('{"message":"Internal Server Error"}'));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
};

describe("runSmoke", () => {
  it("passes on the embedded cloud, costs little and leaves no bucket", async () => {
    const reports: SmokeReport[] = [];
    const { requests, left } = await runSmoke(targetOf(), (report) => reports.push(report));

    expect(reports.filter(({ result }) => result === "failed")).toEqual([]);
    expect(reports.map(({ name }) => name)).toEqual(SMOKE_CHECKS.map(({ name }) => name));
    expect(reports.filter(({ result }) => result === "skipped").map(({ name }) => name)).toEqual(["throttled burst"]);
    expect([left, await listBuckets()]).toEqual([[], []]);
    expect(estimateCostUsd(requests + 400)).toBeLessThan(0.05);
  });

  it("fails each check that a broken API does not pass, and says what to do", async () => {
    await using broken = await startBroken(500);
    const reports: SmokeReport[] = [];
    const checks = SMOKE_CHECKS.filter(({ name }) => name !== "stream and purge");
    await runSmoke(targetOf({ url: broken.url, isRemote: true }), (report) => reports.push(report), checks);

    expect(reports.map(({ result }) => result)).toEqual(checks.map(() => "failed"));
    for (const { advice } of reports) expect(advice).not.toBe("");
  });

  it("tells answers of the gateway from those of the store", async () => {
    await using gateway = await startBroken(413);
    const reports: SmokeReport[] = [];
    const checks = SMOKE_CHECKS.filter(({ name }) => ["encoded slash", "large bodies"].includes(name));
    await runSmoke(targetOf({ url: gateway.url }), (report) => reports.push(report), checks);

    expect(reports.map(({ name, result, seen }) => [name, result, seen])).toEqual([
      ["large bodies", "ok", "5.0 MB: 413 of the gateway, 5.5 MB: 413 of the gateway, 6.0 MB: 413 of the gateway"],
      ["encoded slash", "failed", "413, no errno"],
    ]);
  });

  it.each([undefined, "Basic !!"])("skips the checks that write for a user who may not write: %s", async (header) => {
    const reports: SmokeReport[] = [];
    await using anonymous = await startBroken(403);
    const target = header === undefined ? targetOf({ url: anonymous.url }) : targetOf({ authorization: header });
    const checks = SMOKE_CHECKS.filter(({ name, writes }) => writes === true || name === "user");
    await runSmoke(target, (report) => reports.push(report), checks);

    expect(reports[0]).toMatchObject({ name: "user", result: "failed", seen: header === undefined ? "403" : "401" });
    for (const { result } of reports.slice(1)) expect(result).toBe("skipped");
  });

  it("fails a burst that nothing throttles, behind a gateway", async () => {
    const reports: SmokeReport[] = [];
    const checks = SMOKE_CHECKS.filter(({ name }) => name === "throttled burst");
    await runSmoke(targetOf({ isRemote: true }), (report) => reports.push(report), checks);

    expect(reports).toMatchObject([{ result: "failed", seen: "200 × 400" }]);
  });

  it("removes what it created when it is stopped", async () => {
    const stopping = new AbortController();
    const ended = runSmoke(
      targetOf({ signal: stopping.signal }),
      ({ name }) => name === "stream and purge" && setImmediate(() => stopping.abort(new Error("Stopped"))),
    );

    await expect(ended).rejects.toThrow("Stopped");
    expect(await listBuckets()).toEqual([]);
  });
});
