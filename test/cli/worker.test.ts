/** @slow */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { formatRemaining } from "../../cli/commands/workers.ts";
import { waitUntil } from "../wait-until.ts";
import { kintoun } from "./operate.ts";
import { AUTHORIZATION, type Started, startedKintoun } from "./start-kintoun.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-worker-"));
const STANDALONE = { KINTOUN_STANDALONE: "email-notify" };
let started: Started;

const authorization = AUTHORIZATION;
const put = async (path: string) => {
  const response = await fetch(`${started.url}${path}`, {
    method: "PUT",
    headers: { authorization, "content-type": "application/json" },
    body: "{}",
  });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
};
const mailPage = async () => (await fetch(started.url.replace("/v1", "/__mail__"))).text();
const waiting = async (): Promise<number> => {
  const queues: { name: string; waiting: number }[] = JSON.parse(
    (await kintoun(`queues --json --data ${folder}`)).stdout,
  );
  return queues.find(({ name }) => name === "email-notify")?.waiting ?? 0;
};
const POSTS = "/buckets/blog/collections/posts";

beforeAll(async () => {
  started = await startedKintoun(["--port", "0", "--data", folder], STANDALONE);
  for (const path of ["/buckets/blog", POSTS, `${POSTS}/records/one`, `${POSTS}/records/two`]) await put(path);
});
afterAll(async () => {
  await started.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

describe("kintoun workers", () => {
  it("lists the queues, what happens with their messages, and which are standalone", async () => {
    const { code, stdout } = await kintoun("workers", STANDALONE);

    expect(code).toBe(0);
    expect(stdout).toContain("store-purge   function    removes the contents of deleted objects\n");
    expect(stdout).toMatch(/^email-notify {2}standalone {2}receives record\.create/m);
    expect(JSON.parse((await kintoun("workers --json", STANDALONE)).stdout)).toContainEqual(
      expect.objectContaining({ name: "email-notify", standalone: true, tries: 5 }),
    );
  });
});

describe("formatRemaining", () => {
  it.each([
    [1, undefined, "1 message remains: delayed, or received by another worker. Run the worker again then."],
    [
      2,
      0,
      "2 messages remain: delayed, or received by another worker. The last retry is due at 1970-01-01T00:00:00.000Z. Run the worker again then.",
    ],
  ])("names %j messages and the time of the last retry", (count, nextRetryAt, text) => {
    expect(formatRemaining(count, nextRetryAt)).toBe(text);
  });
});

describe("kintoun worker", () => {
  it("works on a standalone queue of a running store and ends with --once when it is empty", async () => {
    await waitUntil("both records wait", async () => (await waiting()) === 2);
    expect(await mailPage()).not.toContain("record created");
    const { code, stdout, stderr } = await kintoun(`worker email-notify --once --data ${folder}`, STANDALONE);

    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining("2 done, 0 to be retried, 0 moved to the dead-letter queue."),
    });
    expect(
      stdout
        .trim()
        .split("\n")
        .toSorted((a, b) => a.slice(-3).localeCompare(b.slice(-3))),
    ).toEqual([
      expect.stringMatching(
        /^\S+ {2}done {3}try 1 +\d+ ms {2}create \/buckets\/blog\/collections\/posts\/records\/one$/,
      ),
      expect.stringMatching(/records\/two$/),
    ]);
    expect(await mailPage()).toContain("record created");
    expect(await waiting()).toBe(0);
  });

  it.each([
    ["SIGTERM", 0],
    ["SIGINT", 130],
  ] as const)("runs until %s, finishes running deliveries and exits with the right code", async (signal, code) => {
    const worker = spawn(process.execPath, ["cli/main.ts", "worker", "email-notify", "--data", folder], {
      cwd: join(import.meta.dirname, "../.."),
      env: { ...process.env, ...STANDALONE },
    });
    let said = "";
    for (const stream of [worker.stdout, worker.stderr]) stream.on("data", (chunk) => (said += chunk));
    await put(`${POSTS}/records/${signal.toLowerCase()}`);
    await waitUntil("it has mailed", () => said.includes(`records/${signal.toLowerCase()}`));
    worker.kill(signal);
    const [ended] = await once(worker, "exit");

    expect({ ended, said }).toEqual({
      ended: code,
      said: expect.stringContaining("1 done, 0 to be retried, 0 moved to the dead-letter queue."),
    });
  });

  it.each([
    [
      "worker missing",
      "There is no queue 'missing'. There are: store-purge, search-index, email-notify, console-jobs, history-jobs, search-jobs, echo.\n",
    ],
    ["worker", "missing required argument 'queue'"],
    ["worker echo --once", "The worker 'echo' follows the stream and never ends by itself. Leave out --once.\n"],
    ["worker email-notify --twice", "--twice"],
    ["worker email-notify --data a --stack b", "option '--data <folder>' cannot be used with option '--stack <name>'"],
    [
      "worker email-notify --endpoint nowhere",
      "argument 'nowhere' is invalid. Expected a URL that begins with http:// or https://.",
    ],
    [
      "worker email-notify --endpoint http://127.0.0.1:1",
      "--endpoint needs --dynamodb here. Add --dynamodb with the URL of the DynamoDB endpoint.",
    ],
    ["worker email-notify --endpoint http://127.0.0.1:1 --dynamodb http://127.0.0.1:1", "ECONNREFUSED"],
    [
      "queues --data nowhere/at/all",
      "nowhere/at/all. Name its folder with --data FOLDER, or create one with: npm start -- --data FOLDER\n",
    ],
    [
      "queues dead-letters email-notify --limit 2.5",
      "argument '2.5' is invalid. Expected a whole number of at least 1.",
    ],
    [
      "events replay --listener email-notify --uri /buckets/a%62",
      "--uri must be the start of an object's URI, for example /buckets/blog; got '/buckets/a%62'.",
    ],
    [
      "events replay --listener email-notify --resume x --since 2h",
      "option '--resume <token>' cannot be used with option '--since <time>'",
    ],
    [
      "events replay --listener email-notify --resume x",
      "--resume must be the token that an interrupted replay printed",
    ],
    ["queues purge", "unknown command 'queues purge'. There are: list, dead-letters, redrive."],
    ["events", "Usage: kintoun events [options] [command]"],
    ["events puts", "unknown command 'puts'\n(Did you mean put?)"],
  ])("kintoun %s exits with 1 and a message without a stack trace", async (args, message) => {
    const { code, stderr } = await kintoun(args);

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it("starts the engines of a folder on which no store runs", async () => {
    await started.end("SIGTERM");
    const [worker, queues] = [
      await kintoun(`worker email-notify --once --data ${folder}`),
      await kintoun(`queues --data ${folder}`),
    ];
    started = await startedKintoun(["--port", "0", "--data", folder]);

    expect([worker.code, worker.stderr]).toEqual([0, expect.stringContaining("no store is running on it")]);
    expect(queues.stdout).toMatch(/^queue +waiting +delayed +in flight +dead +oldest\n/);
  });
});
