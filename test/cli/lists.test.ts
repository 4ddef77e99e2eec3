import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { createApi } from "../../functions/api/app.ts";
import { findRunningCloud } from "../../local/running-cloud.ts";
import { accounts } from "../../plugins/accounts/index.ts";
import { requestApi } from "../request-api.ts";
import { kintoun } from "./operate.ts";
import { AUTHORIZATION, type Started } from "./start-kintoun.ts";
import { startWithStack } from "./start-with-stack.ts";

const DAY_MS = 24 * 3600 * 1000;
const LIST = "/buckets/blog/collections/posts/records";
const folder = mkdtempSync(join(tmpdir(), "kintoun-lists-"));
const headers = {
  authorization: AUTHORIZATION,
  "content-type": "application/json",
};
let started: Started;
let cloudFormation: Awaited<ReturnType<typeof startWithStack>>["cloudFormation"];
let variables: Readonly<Record<string, string>>;

beforeAll(async () => {
  ({ started, cloudFormation, variables } = await startWithStack(folder));
  for (const path of ["/buckets/blog", "/buckets/blog/collections/posts", `${LIST}/one`]) await put(path);
});
afterAll(async () => {
  await started.end("SIGTERM");
  cloudFormation.close();
  rmSync(folder, { recursive: true, force: true });
});

const put = async (path: string) =>
  (await (await fetch(`${started.url}${path}`, { method: "PUT", headers })).json()) as {
    data: { last_modified: number };
  };

/** Writes a record in a process whose clock is wrong. Returns its `last_modified`. */
const putAhead = async (id: string): Promise<number> => {
  const running = findRunningCloud(folder);
  if (running === undefined) throw new Error("The store does not run");
  const api = await createApi({
    config: readConfig({ plugins: [accounts()] }),
    cloud: running.cloud,
    location: running,
    now: () => Date.now() + 40 * DAY_MS,
  });
  try {
    const response = await requestApi(api).request(`/v1${LIST}/${id}`, { method: "PUT", headers });
    return (await response.json()).data.last_modified;
  } finally {
    await api.close();
  }
};

describe("kintoun lists repair-timestamp", () => {
  it.each([
    ["of a stack", () => ({ target: "--stack Kintoun", env: variables })],
    ["of a data folder", () => ({ target: `--data ${folder}`, env: {} })],
  ])("sets back a list %s, after it has shown what it would do", async (_, choose) => {
    const { target, env } = choose();
    const ahead = await putAhead("two");
    // The running store knows the wrong timestamp too.
    const next = await put(`${LIST}/three`);
    expect(next.data.last_modified).toBeGreaterThan(ahead);

    const tried = await kintoun(`lists repair-timestamp ${LIST} --dry-run ${target}`, env);
    expect([tried.code, tried.stderr]).toEqual([0, expect.any(String)]);
    expect(tried.stdout).toMatch(
      /^The timestamp of \S+ is \d{13}, (39|40) days ahead of the clock \(\d{13}\)\. 2 objects and tombstones would get a present last_modified\.\n$/,
    );
    const refused = await kintoun(`lists repair-timestamp ${LIST} ${target}`, env);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("Confirm with --yes")]);
    expect((await put(`${LIST}/three`)).data.last_modified).toBeGreaterThan(ahead);

    const repaired = await kintoun(`lists repair-timestamp ${LIST} --yes ${target}`, env);
    expect([repaired.code, repaired.stderr]).toEqual([0, expect.stringContaining("2 changed")]);
    expect(repaired.stdout).toContain("Clients must now sync it from the start");
    expect((await put(`${LIST}/three`)).data.last_modified).toBeLessThan(Date.now() + DAY_MS);
  });

  it("leaves a list alone that is not ahead", async () => {
    const { code, stdout } = await kintoun(`lists repair-timestamp /buckets --yes --data ${folder}`);
    expect([code, stdout]).toEqual([0, expect.stringContaining("nothing to repair")]);
  });

  it("rejects what is not a list", async () => {
    const { code, stderr } = await kintoun(`lists repair-timestamp /buckets/blog --data ${folder}`);
    expect([code, stderr]).toEqual([1, expect.stringContaining("is not the URI of a list")]);
  });
});
