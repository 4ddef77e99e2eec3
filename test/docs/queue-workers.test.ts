import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { AUTHORIZATION, type Started, startedKintoun } from "../cli/start-kintoun.ts";
import { createVenv } from "../create-venv.ts";
import { waitUntil } from "../wait-until.ts";
import { createExampleFolder } from "./examples.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/operations/queue-workers.md"), "utf8");
const data = mkdtempSync(join(tmpdir(), "kintoun-workers-"));
const folder = createExampleFolder();
const records = "/buckets/blog/collections/posts/records";
let store: Started;

const put = (path: string, content: object = {}) =>
  fetch(`${store.url}${path}`, {
    method: "PUT",
    headers: {
      authorization: AUTHORIZATION,
      "content-type": "application/json",
    },
    body: JSON.stringify({ data: content }),
  });

// One store per worker: the queue engine may deliver messages to a call of a worker that has ended.
beforeEach(async () => {
  const options = ["--port", "0", "--data", data, "--verbose"];
  store = await startedKintoun(options, { KINTOUN_STANDALONE: "email-notify" });
  for (const path of ["/buckets/blog", "/buckets/blog/collections/posts"]) await put(path);
});
afterEach(() => store.end("SIGTERM"));
afterAll(() => rmSync(data, { recursive: true }));

/** The variables that `npm start --verbose` prints. */
const printedVariables = () =>
  Object.fromEntries(
    [...store.output().matchAll(/^ {2}export (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]),
  );

describe("docs/operations/queue-workers.md", () => {
  it("shows what npm start prints", () => {
    const [, shown = ""] = /```\n…\n([\s\S]*?)\n```/.exec(page) ?? [];
    expect(store.output().replace(/127\.0\.0\.1:\d+/, "127.0.0.1:40123")).toContain(shown);
  });

  it.each<[file: string, program: () => string]>([
    ["worker.py", () => join(createVenv("boto3", join(import.meta.dirname, "requirements.txt")), "python")],
    ["worker.ts", () => process.execPath],
  ])("has a worker %s that reads a standalone queue", async (file, program) => {
    const [, source = ""] = new RegExp(`\`\`\`\\w+\n((?://|#) ${file}\n[\\s\\S]*?)\`\`\``).exec(page) ?? [];
    writeFileSync(join(folder, file), source);
    expect(source.trim().split("\n").length).toBeLessThanOrEqual(20);
    const uri = `${records}/${file.replace(".", "-")}`;
    expect((await put(uri, { title: `Read by ${file}` })).status).toBe(201);

    const worker = spawn(program(), [join(folder, file)], {
      env: { PATH: process.env.PATH, HOME: folder, ...printedVariables() },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = once(worker, "exit");
    let output = "";
    for (const stream of [worker.stdout, worker.stderr])
      stream.on("data", (text) => {
        output += text;
      });
    await waitUntil(`${file} prints the change`, () => output.includes("\n") || worker.exitCode !== null);
    worker.kill();
    await ended;

    expect(output).toBe(`create ${uri} Read by ${file}\n`);
  });
});
