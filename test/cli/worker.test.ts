import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { kintoun, until } from "./operate.ts";
import { type Started, startedKintoun } from "./start-kintoun.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-worker-"));
const APART = { KINTOUN_STANDALONE: "email-notify" };
let started: Started;

const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
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
  started = await startedKintoun(["--port", "0", "--data", folder], APART);
  for (const path of ["/buckets/blog", POSTS, `${POSTS}/records/one`, `${POSTS}/records/two`]) await put(path);
});
afterAll(async () => {
  await started.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

describe("kintoun workers", () => {
  it("lists the queues, what is done with each, and which of them no function works on", async () => {
    const { code, stdout } = await kintoun("workers", APART);

    expect(code).toBe(0);
    expect(stdout).toContain("store-purge   function    removes what stood in what was deleted\n");
    expect(stdout).toMatch(/^email-notify {2}standalone {2}hears record\.create/m);
    expect(JSON.parse((await kintoun("workers --json", APART)).stdout)).toContainEqual(
      expect.objectContaining({ name: "email-notify", standalone: true, tries: 5 }),
    );
  });
});

describe("kintoun worker", () => {
  it("works on a queue that npm start leaves to it, beside it, and ends when that is empty", async () => {
    await until("both records wait", async () => (await waiting()) === 2);
    expect(await mailPage()).not.toContain("record created");
    const { code, stdout, stderr } = await kintoun(`worker email-notify --once --data-dir ${folder}`, APART);

    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining("2 done, 0 to come again, 0 parked."),
    });
    expect(
      stdout
        .trim()
        .split("\n")
        .toSorted((a, b) => a.slice(-3).localeCompare(b.slice(-3))),
    ).toEqual([
      expect.stringMatching(
        /^\S+ {2}done {4}try 1 +\d+ ms {2}create \/buckets\/blog\/collections\/posts\/records\/one$/,
      ),
      expect.stringMatching(/records\/two$/),
    ]);
    expect(await mailPage()).toContain("record created");
    expect(await waiting()).toBe(0);
  });

  it.each([
    ["SIGTERM", 0],
    ["SIGINT", 130],
  ] as const)("goes on until it is told to end, by %s, with what is in hand done", async (signal, code) => {
    const worker = spawn(process.execPath, ["cli/main.ts", "worker", "email-notify", "--data", folder], {
      cwd: join(import.meta.dirname, "../.."),
      env: { ...process.env, ...APART },
    });
    let said = "";
    for (const stream of [worker.stdout, worker.stderr]) stream.on("data", (chunk) => (said += chunk));
    await put(`${POSTS}/records/${signal.toLowerCase()}`);
    await until("it has mailed", () => said.includes(`records/${signal.toLowerCase()}`));
    worker.kill(signal);
    const [ended] = await once(worker, "exit");

    expect({ ended, said }).toEqual({
      ended: code,
      said: expect.stringContaining("1 done, 0 to come again, 0 parked."),
    });
  });

  it.each([
    ["worker nobody", "No worker named 'nobody', there are: store-purge, search-index, email-notify, echo.\n"],
    ["worker", "npm run -s kintoun -- worker NAME [--once]"],
    ["worker email-notify --twice", "--twice"],
    ["worker email-notify --data a --stack b", "--data and --stack name different places: give one of them."],
    ["worker email-notify --endpoint nowhere", "--endpoint takes a URL such as http://localhost:9324, not 'nowhere'."],
    [
      "worker email-notify --endpoint http://127.0.0.1:1",
      "--endpoint names the SQS; where the table is, --dynamodb URL says.",
    ],
    ["worker email-notify --endpoint http://127.0.0.1:1 --dynamodb http://127.0.0.1:1", "ECONNREFUSED"],
    [
      "queues --data nowhere/at/all",
      "nowhere/at/all. Name its folder: --data FOLDER, or make one there: npm start -- --data FOLDER\n",
    ],
    ["queues show-dead email-notify --limit 2.5", "--limit takes a number from 1 on, not '2.5'."],
    [
      "events replay --listener email-notify --uri /buckets/a%62",
      "--uri takes what objects' URIs begin with, such as /buckets/blog, not '/buckets/a%62'.",
    ],
    [
      "events replay --listener email-notify --resume x --since 2h",
      "--resume goes on with what --since and --uri said when the replay began",
    ],
    ["events replay --listener email-notify --resume x", "--resume takes what a replay printed"],
    ["queues purge", "There is no command 'queues purge'. There are: redrive, show-dead."],
    ["events", "Which one of the commands 'events'? There are: tail, replay, put."],
    ["events puts", "There is no command 'events puts'. Did you mean 'put'?"],
  ])("%s: tells what is wrong, without a stack", async (args, told) => {
    const { code, stderr } = await kintoun(args);

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(told) });
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it("starts the engines of a folder that no store runs on, and leaves them as they were", async () => {
    await started.end("SIGTERM");
    const [worker, queues] = [
      await kintoun(`worker email-notify --once --data ${folder}`),
      await kintoun(`queues --data ${folder}`),
    ];
    started = await startedKintoun(["--port", "0", "--data", folder]);

    expect([worker.code, worker.stderr]).toEqual([0, expect.stringContaining("on which no store runs now")]);
    expect(queues.stdout).toMatch(/^queue +waiting +delayed +in flight +dead +oldest\n/);
  });
});
