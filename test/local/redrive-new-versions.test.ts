import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { definePlugin, type Plugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { startCloud } from "../../local/cloud.ts";
import { findRunningCloud } from "../../local/running-cloud.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { createClient, createRequester } from "../../testing/client.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-versions-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const handled: string[] = [];
const counting = (version: string | undefined, works: boolean) =>
  definePlugin({
    name: "counting",
    about: "Counts.",
    ...(version !== undefined && { version }),
    listeners: {
      all: {
        on: ["bucket.create"],
        retries: 0,
        run: ({ uri }) => {
          if (!works) throw new Error("not yet");
          handled.push(`${version} ${uri}`);
        },
      },
    },
  })();

const start = (
  version: string | undefined,
  works: boolean,
  more: { standalone?: readonly string[]; redriveOnDeploy?: boolean; plugins?: readonly Plugin[] } = {},
) => {
  const config = readConfig({ plugins: [basicauth(), counting(version, works)], ...more });
  const logged: string[] = [];
  return startCloud({
    config,
    port: 0,
    data: folder,
    log: createJsonLog((line) => logged.push(line)),
    retryAfter: () => 0,
  }).then((cloud) => ({ ...cloud, logged }));
};

describe("startCloud with a data folder", () => {
  it("publishes its engines to other processes of the same user while it runs", async () => {
    const cloud = await start(undefined, true);
    const running = findRunningCloud(folder);
    const { mode } = statSync(join(folder, "running.json"));
    await cloud.close();

    expect(running).toMatchObject({
      pid: process.pid,
      table: "kintoun",
      queues: { "counting-all": expect.stringContaining("counting-all") },
    });
    expect(running?.cloud.dynamodb?.endpoint).toMatch(/^http:\/\/127(\.\d+){3}:\d+$/);
    expect((mode & 0o777).toString(8)).toBe("600");
    expect(findRunningCloud(folder)).toBeUndefined();
  });

  it("redrives dead letters when a plugin has another version, unless redriveOnDeploy is false", async () => {
    const failing = await start("1.0.0", false);
    const { request: ask } = createClient(createRequester(failing.url));
    for (const id of ["a", "b", "c"]) await ask(`/buckets/${id}`, { method: "PUT", as: "alice" });
    await failing.drain();
    const deadLetters = await failing.deadLetterCount("counting-all");
    await failing.close();
    const deadAfter = async (...options: Parameters<typeof start>) => {
      const cloud = await start(...options);
      for (
        let tries = 0;
        tries < 100 && options[1] && options[2] === undefined && (await cloud.deadLetterCount("counting-all")) > 0;
        tries++
      )
        await new Promise((resolve) => setTimeout(resolve, 50));
      await cloud.drain();
      const left = await cloud.deadLetterCount("counting-all");
      await cloud.close();
      return left;
    };
    const same = await deadAfter("1.0.0", true, {});
    const switchedOff = await deadAfter("1.0.1", true, { redriveOnDeploy: false });
    const renewed = await deadAfter("1.0.2", true);

    expect([deadLetters, same, switchedOff, renewed]).toEqual([3, 3, 3, 0]);
    expect(handled.toSorted()).toEqual(["1.0.2 /buckets/a", "1.0.2 /buckets/b", "1.0.2 /buckets/c"]);
    expect(JSON.parse(readFileSync(join(folder, "versions.json"), "utf8"))).toEqual({ counting: "1.0.2" });
  });

  it("remembers the version of a plugin over a start without it", async () => {
    await (await start(undefined, true, { plugins: [basicauth()] })).close();

    expect(JSON.parse(readFileSync(join(folder, "versions.json"), "utf8"))).toEqual({ counting: "1.0.2" });
  });

  it("does not work on standalone queues, and logs how to", async () => {
    const cloud = await start("1.0.2", true, { standalone: ["counting-all"] });
    const { request: ask } = createClient(createRequester(cloud.url));
    await ask("/buckets/d", { method: "PUT", as: "alice" });
    await cloud.drain();
    await cloud.close();

    expect(handled).not.toContain("1.0.2 /buckets/d");
    expect(cloud.logged.join("\n")).toContain(
      "The queue 'counting-all' is standalone. Run its worker: npm run -s kintoun -- worker counting-all",
    );
  });
});
