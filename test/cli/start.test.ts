/** @slow */

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startCommand } from "../../cli/commands/start.ts";
import { waitUntil } from "../wait-until.ts";
import { AUTHORIZATION, type Started, startedEmptyKintoun, startedKintoun, startKintoun } from "./start-kintoun.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const AS_ALICE = {
  authorization: AUTHORIZATION,
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
  execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes("dynoxide serve") && line.includes(data));
/** Runs the health check of the Dockerfile against a store. @returns its exit code */
const checkHealth = (url: string): number | null => {
  const dockerfile = readFileSync(join(import.meta.dirname, "../../Dockerfile"), "utf8");
  const [, check = ""] = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(dockerfile) ?? [];
  const [, ...args] = JSON.parse(check.replace("http://localhost:8888/v1", url)) as string[];
  return spawnSync(process.execPath, args).status;
};

/** The process ids of the engine of a data folder, without its guardian. */
const engineIds = (data: string): number[] =>
  engines(data)
    .filter((line) => !line.includes("guardian"))
    .map((line) => Number.parseInt(line, 10));

/** What is rejected, and how: with the number of a port in use. */
type RejectedStart = [
  what: string,
  of: (taken: number) => { args: string[]; env?: Record<string, string>; says: RegExp },
];

type RejectedOption = [option: string, value: string, reason: string];

describe("npm start", () => {
  it("prints its URLs, and keeps data and user ids until the next start", async () => {
    const data = join(folder, "kept");
    const seed = join(folder, "seed.yaml");
    writeFileSync(seed, "buckets: {seeded: {permissions: {read: [system.Everyone]}}}");
    const first = await startedKintoun(["--port", "0", "--data", data, "--seed", seed]);
    expect(first.output()).toContain("Seed        1 created");
    expect((await ask(`${first.url}/buckets/seeded`)).status).toBe(200);
    expect(first.output()).toMatch(
      /API +http:\/\/localhost:\d+\/v1\n.*Console +http:\/\/localhost:\d+\/v1\/console\/\n(.*\n)*.*Mail +http:\/\/localhost:\d+\/__mail__\n.*Data +.*kept\n/,
    );
    expect(first.output()).toContain("Set the password of account:admin within a day: http://localhost:");
    expect(checkHealth(first.url)).toBe(0);
    await ask(`${first.url}/buckets/blog`, "PUT", { data: { title: "yesterday" } });
    const { body: hello } = await ask(`${first.url}/`);
    expect(await first.end("SIGTERM")).toBe(0);
    expect(checkHealth(first.url)).toBe(1);
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
    await waitUntil("forty writes are acknowledged", () => acknowledged.length >= 40);
    process.kill(JSON.parse(readFileSync(join(data, "running.json"), "utf8")).pid, "SIGKILL");
    killed = true;
    await Promise.all(writers);

    const second = await startedKintoun(["--port", "0", "--data", data]);
    const { body } = await ask(`${second.url}/buckets/b/collections/c/records`);
    const ids = body.data.map(({ id }: { id: string }) => id);
    const countFound = async (): Promise<number> => {
      const search = await ask(`${second.url}/buckets/b/collections/c/search`, "POST", {
        query: { ids: { values: acknowledged } },
        size: 0,
      });
      return search.body.hits.total.value;
    };
    expect(await countFound()).toBe(acknowledged.length);
    await second.end("SIGTERM");

    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
    expect(engines(data)).toEqual([]);
  });

  it("ends its engines when only the process itself is killed", async () => {
    const data = join(folder, "alone");
    const started = await startedEmptyKintoun(["--port", "0", "--data", data]);
    expect(engines(data).length).toBeGreaterThan(0);

    started.process.kill("SIGKILL");

    await waitUntil("no engine runs", () => engines(data).length === 0);
  });

  it("stops while it is still starting and leaves no process", async () => {
    const data = join(folder, "starting");
    const child = spawn(process.execPath, ["cli/main.ts", "start", "--port", "0", "--data", data], {
      cwd: join(import.meta.dirname, "../.."),
      stdio: "ignore",
    });
    const exit = once(child, "exit");
    await waitUntil("an engine runs", () => engines(data).length > 0);
    child.kill("SIGTERM");

    expect(await exit).toEqual([0, null]);
    expect(engines(data)).toEqual([]);
  });

  describe("in memory mode with an empty secret", () => {
    let started: Started;
    beforeAll(async () => {
      started = await startedEmptyKintoun(["--port", "0", "--memory"], {
        KINTOUN_USERID_HMAC_SECRET: "",
        KINTOUN_PLUGINS: "basicauth",
      });
    });
    afterAll(() => started.end("SIGTERM"));

    it("keeps nothing", () => {
      const [, kept] = /Data +(.*)/.exec(started.output()) ?? [];

      expect(kept).toBe("in memory, not kept");
      expect(existsSync("in memory, not kept")).toBe(false);
    });

    it("prints a warning, and returns Kinto's user ids", async () => {
      const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
      const response = await fetch(`${started.url}/`, { headers: { authorization } });
      const body = (await response.json()) as { user: { id: string } };

      expect(started.output()).toContain("KINTOUN_USERID_HMAC_SECRET is empty");
      // HMAC-SHA256 keyed by "" over "alice:secret"
      expect(body.user.id).toBe("basicauth:d5b0026601f1b251974e09548d44155e16812e3c64ff7ae053fe3542e2ca1570");
    });
  });

  it.each<RejectedStart>([
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
      "a folder below /proc",
      () => ({
        args: ["--port", "0", "--data", "/proc/kintoun/data"],
        says: /^The data folder \/proc\/kintoun\/data cannot be written: ENOENT: .* Choose another with --data FOLDER.*\n$/,
      }),
    ],
    [
      "a seed that does not exist",
      () => ({
        args: ["--memory", "--port", "0", "--seed", "missing.yaml"],
        says: /^There is no file .*missing\.yaml\. Check its name\.\n$/,
      }),
    ],
    [
      "an address of another machine",
      () => ({
        args: ["--memory", "--port", "0", "--host", "192.0.2.1"],
        says: /192\.0\.2\.1 is no address of this machine\. Use --host 0\.0\.0\.0 to listen on all of them\.\n$/,
      }),
    ],
    [
      "--mail smtp without an SMTP server",
      () => ({
        args: ["--memory", "--port", "0", "--mail", "smtp"],
        says: /^Mail cannot be sent: no active plugin has an SMTP server\. .*leave out --mail smtp and localMail\.\n$/,
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

  it.each<RejectedOption>([
    ...["", " ", "1e4", "0x23f0", "-1", "65536", "http"].map(
      (port): RejectedOption => ["--port <number>", port, "Expected a number from 0 to 65535."],
    ),
    ...["", " "].map((data): RejectedOption => ["--data <folder>", data, "It is empty."]),
    ...["--dynamodb <url>", "--sqs <url>"].flatMap((option) =>
      ["", "localhost:8000", "ftp://x"].map(
        (url): RejectedOption => [option, url, "Expected a URL that begins with http:// or https://."],
      ),
    ),
  ])("rejects %s '%s'", async (option, value, reason) => {
    let output = "";
    const command = startCommand()
      .exitOverride()
      .configureOutput({
        writeErr: (text) => {
          output += text;
        },
      });

    const parsed = command.parseAsync([option.split(" ")[0] ?? "", value], { from: "user" });

    await expect(parsed).rejects.toMatchObject({ exitCode: 1 });
    expect(output).toBe(
      `error: option '${option}' argument '${value}' is invalid. ${reason}\nRun the command with --help for its usage.\n`,
    );
  });

  describe("on a folder that is in use", () => {
    const data = join(folder, "shared");
    let first: Started;
    beforeAll(async () => {
      first = await startedEmptyKintoun(["--port", "0", "--data", data]);
    });
    afterAll(() => first.end("SIGTERM"));

    it("names the process that uses it", async () => {
      const second = await startKintoun(["--port", "0", "--data", data]);
      const { pid } = JSON.parse(readFileSync(join(data, "running.json"), "utf8"));

      expect(second).toEqual({
        exitCode: 1,
        output: `The store already runs on the data folder ${data}: ${first.url} (process ${pid}). Use it, stop it, or choose another folder with --data FOLDER.\n`,
      });
    });

    const isolation = ["--user", "--map-root-user", "--pid", "--fork"];
    const canIsolate = spawnSync("unshare", [...isolation, "true"]).status === 0;
    (canIsolate ? it : it.skip)("is rejected in another container too", () => {
      const inContainer = [...isolation, process.execPath, "cli/main.ts", "start"];
      const { status, stderr } = spawnSync("unshare", [...inContainer, "--port", "0", "--data", data], {
        cwd: join(import.meta.dirname, "../.."),
        encoding: "utf8",
      });

      expect([status, stderr]).toEqual([
        1,
        expect.stringContaining(`already runs on the data folder ${data}: ${first.url}`),
      ]);
    });
  });

  it("ends with a message when its database engine dies", async () => {
    const data = join(folder, "engine");
    const started = await startedEmptyKintoun(["--port", "0", "--data", data]);
    const exit = once(started.process, "exit");
    for (const pid of engineIds(data)) process.kill(pid, "SIGKILL");

    expect(await exit).toEqual([1, null]);
    expect(started.output()).toMatch(
      /The embedded DynamoDB has ended unexpectedly \(.+\)\. The store stops\. Start it again; acknowledged changes are kept in dynoxide \(.*table\.sqlite\)\.\n/,
    );
  });

  it("creates a data folder that only its owner can read, and warns about another one", async () => {
    const data = join(folder, "private");
    const first = await startedEmptyKintoun(["--port", "0", "--data", data]);
    await first.end("SIGTERM");
    chmodSync(data, 0o755);
    const second = await startedEmptyKintoun(["--port", "0", "--data", data]);
    await second.end("SIGTERM");

    expect(first.output()).not.toContain("Other users");
    expect(second.output()).toContain(`Other users of this machine can read the data folder ${data}`);
  });

  describe("on a damaged folder", () => {
    const stopped = join(folder, "stopped");
    beforeAll(async () => {
      await (await startedEmptyKintoun(["--port", "0", "--data", stopped])).end("SIGTERM");
    });

    it.each<[what: string, file: string, content: string | undefined, says: RegExp]>([
      [
        "queues that are no database",
        "queues/fauxqs.db",
        "This is not a database. ".repeat(200),
        /^\S+\/queues\/fauxqs\.db cannot be used: file is not a database\.\n.* or remove the folder \S+\/queues: .*\n$/,
      ],
      [
        "a table that is no database",
        "table.sqlite",
        "This is not a database. ".repeat(200),
        /^The embedded DynamoDB did not start: .*not a valid SQLite database.*\nAll records are in \S+\/table\.sqlite\. If it is damaged, restore it from a backup, .*\n$/,
      ],
      [
        "a missing table",
        "table.sqlite",
        undefined,
        /^The data folder \S+ has lost its table: it has queues, but table\.sqlite is missing or empty\. Restore table\.sqlite from a backup\. .*\n$/,
      ],
      [
        "an empty table",
        "table.sqlite",
        "",
        /^The data folder \S+ has lost its table: it has queues, but table\.sqlite is missing or empty\. .*\n$/,
      ],
    ])("names the file and the remedy for %s", async (what, file, content, says) => {
      const data = join(folder, what.replaceAll(" ", "-"));
      cpSync(stopped, data, { recursive: true });
      chmodSync(data, 0o700);
      for (const suffix of ["", "-wal", "-shm"]) rmSync(join(data, `${file}${suffix}`), { force: true });
      if (content !== undefined) writeFileSync(join(data, file), content);

      const ended = await startKintoun(["--port", "0", "--data", data]);

      expect(ended).toEqual({ exitCode: 1, output: expect.stringMatching(says) });
    });
  });

  it("dispatches all changes again, with a warning, when an older copy of the table was restored", async () => {
    const data = join(folder, "restored");
    const table = join(data, "table.sqlite");
    const put = async ({ url }: Started, ids: readonly string[]) => {
      for (const id of ids) await ask(`${url}/buckets/b/collections/c/records/${id}`, "PUT", { data: { id } });
    };
    const found = async ({ url }: Started, ids: readonly string[]): Promise<number> => {
      const search = { query: { ids: { values: ids } }, size: 0 };
      return (await ask(`${url}/buckets/b/collections/c/search`, "POST", search)).body.hits?.total.value ?? 0;
    };
    const first = await startedKintoun(["--port", "0", "--data", data]);
    await ask(`${first.url}/buckets/b`, "PUT");
    await ask(`${first.url}/buckets/b/collections/c`, "PUT");
    await first.end("SIGTERM");
    copyFileSync(table, join(folder, "older.sqlite"));
    const second = await startedKintoun(["--port", "0", "--data", data]);
    await put(second, ["a", "b", "c", "d", "e", "f"]);
    expect(await found(second, ["a", "b", "c", "d", "e", "f"])).toBe(6);
    await second.end("SIGTERM");

    for (const suffix of ["-wal", "-shm"]) rmSync(`${table}${suffix}`, { force: true });
    copyFileSync(join(folder, "older.sqlite"), table);
    const restored = await startedKintoun(["--port", "0", "--data", data]);
    await put(restored, ["x", "y"]);
    expect(await found(restored, ["a", "b", "c", "d", "e", "f", "x", "y"])).toBe(2);
    await restored.end("SIGTERM");

    expect(restored.output()).toContain("an older copy of the table was restored");
  });
});
