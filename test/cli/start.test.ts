import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { startedKintoun, startKintoun } from "./start-kintoun.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const AS_ALICE = {
  authorization: `Basic ${Buffer.from("alice:secret").toString("base64")}`,
  "content-type": "application/json",
};
const ask = async (url: string, method = "GET", body?: unknown) => {
  const response = await fetch(url, {
    method,
    headers: AS_ALICE,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
};
const engines = (data: string): string[] =>
  execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes("dynoxide serve") && line.includes(data));

describe("npm start", () => {
  it("prints its URLs, and keeps data and user ids until the next start", async () => {
    const data = join(folder, "kept");
    const first = await startedKintoun(["--port", "0", "--data", data]);
    expect(first.output()).toMatch(
      /API +http:\/\/localhost:\d+\/v1\n.*Mail +http:\/\/localhost:\d+\/__mail__\n.*Data +.*kept\n/,
    );
    expect(first.output()).toContain("curl -u alice:secret -X PUT");
    await ask(`${first.url}/buckets/blog`, "PUT", { data: { title: "yesterday" } });
    const { body: hello } = await ask(`${first.url}/`);
    expect(await first.end("SIGTERM")).toBe(0);
    expect(engines(data)).toEqual([]);

    const second = await startedKintoun(["--port", "0", "--data", data]);
    const { status, body } = await ask(`${second.url}/buckets/blog`);
    const { body: helloAgain } = await ask(`${second.url}/`);
    expect(await second.end("SIGINT")).toBe(0);

    expect([status, body.data.title]).toEqual([200, "yesterday"]);
    expect(helloAgain.user).toEqual(hello.user);
  });

  it("loses no acknowledged write and no event when it is killed", async () => {
    const data = join(folder, "killed");
    const first = await startedKintoun(["--port", "0", "--data", data]);
    await ask(`${first.url}/buckets/b`, "PUT");
    await ask(`${first.url}/buckets/b/collections/c`, "PUT");
    const acknowledged: string[] = [];
    let killed = false;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; !killed; i++) {
        try {
          const { status, body } = await ask(`${first.url}/buckets/b/collections/c/records`, "POST", {
            data: { word: `word${writer}x${i}` },
          });
          if (status === 201) acknowledged.push(body.data.id);
        } catch {
          return;
        }
      }
    });
    while (acknowledged.length < 40) await new Promise((resolve) => setTimeout(resolve, 5));
    const pid = Number(readFileSync(join(data, "process"), "utf8"));
    process.kill(pid, "SIGKILL");
    killed = true;
    await Promise.all(writers);

    const second = await startedKintoun(["--port", "0", "--data", data]);
    const { body } = await ask(`${second.url}/buckets/b/collections/c/records`);
    const ids = body.data.map(({ id }: { id: string }) => id);
    let found = 0;
    for (let tries = 0; tries < 400 && found < acknowledged.length; tries++) {
      const search = await ask(`${second.url}/buckets/b/collections/c/search`, "POST", {
        query: { ids: { values: acknowledged } },
        size: 0,
      });
      found = search.body.hits.total.value;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await second.end("SIGTERM");

    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
    expect(found).toBe(acknowledged.length);
    expect(engines(data)).toEqual([]);
  });

  it("ends its engines when only the process itself is killed", async () => {
    const data = join(folder, "alone");
    const started = await startedKintoun(["--port", "0", "--data", data]);
    expect(engines(data).length).toBeGreaterThan(0);

    started.process.kill("SIGKILL");

    for (let tries = 0; tries < 200 && engines(data).length > 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    expect(engines(data)).toEqual([]);
  });

  it("stops while it is still starting and leaves no process", async () => {
    const data = join(folder, "starting");
    const child = spawn(process.execPath, ["cli/main.ts", "start", "--port", "0", "--data", data], {
      cwd: join(import.meta.dirname, "../.."),
      stdio: "ignore",
    });
    const exit = once(child, "exit");
    while (engines(data).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGTERM");

    expect(await exit).toEqual([0, null]);
    expect(engines(data)).toEqual([]);
  });

  it("keeps nothing in memory mode", async () => {
    const started = await startedKintoun(["--port", "0", "--memory"]);
    const [, kept] = /Data +(.*)/.exec(started.output()) ?? [];
    await started.end("SIGTERM");

    expect(kept).toBe("in memory, not kept");
    expect(existsSync("in memory, not kept")).toBe(false);
  });

  it("accepts an empty secret with a warning, and returns Kinto's user ids", async () => {
    const started = await startedKintoun(["--port", "0", "--memory"], { KINTOUN_USERID_HMAC_SECRET: "" });
    const { body } = await ask(`${started.url}/`);
    await started.end("SIGTERM");

    expect(started.output()).toContain("KINTOUN_USERID_HMAC_SECRET is empty");
    // HMAC-SHA256 keyed by "" over "alice:secret"
    expect(body.user.id).toBe("basicauth:d5b0026601f1b251974e09548d44155e16812e3c64ff7ae053fe3542e2ca1570");
  });

  it.each<[string, (taken: number) => { args: string[]; env?: Record<string, string>; says: RegExp }]>([
    [
      "a port in use",
      (taken) => ({
        args: ["--memory", "--port", String(taken)],
        says: /^Port \d+ is in use\. Choose another with --port NUMBER\.\n$/,
      }),
    ],
    [
      "a folder that cannot be written",
      () => ({
        args: ["--port", "0", "--data", "/dev/null/kintoun"],
        says: /^The data folder .* cannot be written: .* Choose another with --data FOLDER.*\n$/,
      }),
    ],
    [
      "a DynamoDB that does not run",
      () => ({
        args: ["--memory", "--port", "0", "--dynamodb", "http://127.0.0.1:1"],
        says: /^--dynamodb http:\/\/127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED.*\. Check the URL, and that the service runs\.\n$/,
      }),
    ],
    [
      "an SQS that does not run",
      () => ({
        args: ["--memory", "--port", "0", "--sqs", "http://127.0.0.1:1"],
        says: /^--sqs http:\/\/127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED.*\. Check the URL, and that the service runs\.\n$/,
      }),
    ],
    [
      "a misspelled option",
      () => ({
        args: ["--prot", "1"],
        says: /^error: unknown option '--prot'\n\(Did you mean --port\?\)\n.*--help.*\n$/,
      }),
    ],
    [
      "an invalid port",
      () => ({
        args: ["--port", "http"],
        says: /^error: option '--port <number>' argument 'http' is invalid\. Expected a number from 0 to 65535\.\n.*\n$/,
      }),
    ],
    [
      "a misspelled plugin",
      () => ({
        args: ["--port", "0"],
        env: { KINTOUN_PLUGINS: "basicauth,serch" },
        says: /^KINTOUN_PLUGINS: kintoun\.config\.ts has no plugin 'serch'\. Did you mean 'search'\?\n$/,
      }),
    ],
    [
      "a misspelled variable",
      () => ({
        args: ["--port", "0"],
        env: { KINTOUN_PAGINATE_YB: "1" },
        says: /^The variable KINTOUN_PAGINATE_YB is unknown\. Did you mean 'KINTOUN_PAGINATE_BY'\?\n$/,
      }),
    ],
  ])("rejects %s with a message without a stack trace", async (_, of) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const { args, env, says } = of(typeof address === "object" && address !== null ? address.port : 0);

    const ended = await startKintoun(args, env);
    server.close();

    expect(ended).toEqual({ exitCode: 1, output: expect.stringMatching(says) });
  });

  it("rejects a folder that another process uses", async () => {
    const data = join(folder, "shared");
    const first = await startedKintoun(["--port", "0", "--data", data]);
    const second = await startKintoun(["--port", "0", "--data", data]);
    await first.end("SIGTERM");

    expect(second).toEqual({
      exitCode: 1,
      output: expect.stringMatching(/^The data folder .*shared is in use by process \d+\. .*\n$/),
    });
  });

  it("takes over the folder of a killed process, even if its process id is reused", async () => {
    const data = join(folder, "left");
    await (await startedKintoun(["--port", "0", "--data", data])).end("SIGTERM");
    writeFileSync(join(data, "process"), "1");

    const started = await startedKintoun(["--port", "0", "--data", data]);
    expect(await started.end("SIGTERM")).toBe(0);
  });
});
