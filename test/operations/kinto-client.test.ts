import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { findDataIssue } from "../../operations/transfer/entry-issues.ts";
import { createKintoClient } from "../../operations/transfer/kinto/kinto-client.ts";
import { readPermissionsFile } from "../../operations/transfer/kinto/permissions-file.ts";
import { type KintoSource, readKinto } from "../../operations/transfer/kinto/read-kinto.ts";
import { type Line, parseLine } from "../../operations/transfer/lines.ts";

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const RECORDS = "/buckets/blog/collections/posts/records";
const HELLO = { size: 5, hash: createHash("sha256").update("Hello").digest("hex") };

/** Answers by path, which each test changes. */
let answers: Record<string, Answer | ((request: IncomingMessage) => Answer)>;
let requests: string[];
let notices: string[];
let server: Server;
let other: Server;
let origin: string;
let otherOrigin: string;

const listen = async (listening: Server): Promise<string> => {
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
};

const answer = (request: IncomingMessage, path: string): Answer => {
  const found = answers[path] ?? { status: 404, body: {} };
  return typeof found === "function" ? found(request) : found;
};

const createAnsweringServer = (prefix: string): Server =>
  createServer({ maxHeaderSize: 1_000_000 }, (request, response) => {
    const path = `${prefix}${(request.url ?? "").replace(/\?.*/, "")}`;
    requests.push(path);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const batch = path === "/v1/batch" && JSON.parse(Buffer.concat(chunks).toString("utf8")).requests;
      const {
        status = 200,
        headers = {},
        body,
      }: Answer = batch
        ? { body: { responses: batch.map((one: { path: string }) => ({ status: 200, ...answer(request, one.path) })) } }
        : answer(request, path);
      response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body ?? {}));
    });
  });

beforeAll(async () => {
  server = createAnsweringServer("");
  other = createAnsweringServer("other:");
  [origin, otherOrigin] = [await listen(server), await listen(other)];
});
afterAll(() => {
  for (const one of [server, other]) {
    one.close();
    one.closeAllConnections();
  }
});

const list = (...entries: object[]): Answer => ({ headers: { etag: '"9"' }, body: { data: entries } });
const stored = (id: string, more: object = {}) => ({ id, last_modified: 5, ...more });

beforeEach(() => {
  [requests, notices] = [[], []];
  const records = [stored("a")];
  answers = {
    "/v1/": { body: { settings: {}, capabilities: { history: {}, accounts: {}, attachments: { base_url: "" } } } },
    "/v1/buckets": list(stored("blog")),
    "/v1/buckets/blog/groups": list(),
    "/v1/buckets/blog/collections": list(stored("posts")),
    [`/v1${RECORDS}`]: list(...records),
    "/v1/buckets/blog/history": list(),
    "/v1/accounts": list(),
    "/buckets/blog": { body: { data: stored("blog"), permissions: {} } },
    "/buckets/blog/collections/posts": { body: { data: stored("posts"), permissions: {} } },
    [`${RECORDS}/a`]: { body: { data: stored("a"), permissions: {} } },
  };
});

const read = async (
  more: { readonly url?: string; readonly stop?: AbortController } = {},
): Promise<readonly Line[]> => {
  const stop = more.stop ?? new AbortController();
  const onNotice = (text: string): void => {
    notices.push(text);
    if (more.stop !== undefined) stop.abort();
  };
  const source: KintoSource = {
    client: createKintoClient({
      url: more.url ?? `${origin}/v1`,
      authorization: "Basic YTpi",
      signal: stop.signal,
      onNotice,
    }),
    buckets: undefined,
    permissions: undefined,
    known: new Map(),
    onList: () => undefined,
    onNotice,
  };
  const lines: Line[] = [];
  for await (const line of readKinto(source)) lines.push(line);
  return lines;
};

const shown = () => notices.filter((text) => !text.startsWith("Kinto does not show the permissions"));

describe("readKinto", () => {
  it("says which URL answers something other than JSON, or has no list", async () => {
    answers["/v1/buckets"] = { body: "<html>" };
    await expect(read()).rejects.toThrow(/^http:.*\/v1\/buckets.* answers 200 with a text that is not JSON/);
    answers["/v1/buckets"] = { body: {} };
    await expect(read()).rejects.toThrow("/buckets answers 200 without a list");
    answers["/v1/buckets"] = list(stored("blog"), { id: [[]] });
    await expect(read()).rejects.toThrow("/buckets has entries without ids");
    answers["/v1/buckets"] = { status: 403, body: "<html>" };
    await expect(read()).rejects.toThrow("/buckets answers 403. Give the user of --auth the right");
    await expect(read({ url: `${origin}/v2` })).rejects.toThrow("/v2/ answers 404, and not as Kinto does");
    await expect(read({ url: "ftp://kinto.example" })).rejects.toThrow("is not the URL of a Kinto server");
  });

  it("fails when the pages of a list or a history repeat", async () => {
    let token = 0;
    for (const path of [`/v1${RECORDS}`, "/v1/buckets/blog/history", "/v1/accounts"]) {
      const before = answers[path];
      for (const next of ["?_token=1", () => `?_token=${token++}`])
        for (const entries of [[stored("a")], []]) {
          answers[path] = () => ({
            headers: { "next-page": `${origin}${path}${typeof next === "string" ? next : next()}` },
            body: { data: entries },
          });
          await expect(read()).rejects.toThrow(`The pages of ${path.slice("/v1".length)} do not end`);
        }
      answers[path] = before ?? {};
    }
  });

  it("leaves out what is nested too deeply", async () => {
    const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    for (const levels of [100, 3000, 100_000]) {
      notices = [];
      const entry = `{"id": "ada", "last_modified": 5, "nested": ${nested(levels)}}`;
      answers["/v1/accounts"] = { headers: { etag: '"9"' }, body: `{"data": [${entry}]}` };
      expect((await read()).at(-1)).toMatchObject({ end: { objects: 3 } });
      expect(shown()).toEqual([`/accounts/ada is left out: it has more than 100 levels of arrays and objects.`]);
      expect(findDataIssue("a", { nested: JSON.parse(nested(levels)) })).toContain("more than 100 levels");
      const line = `{"object": "${RECORDS}/a", "user": "u", "data": {"nested": ${nested(levels)}}}`;
      expect(() => parseLine(line)).toThrow("data: it has more than 100 levels");
    }
    expect(parseLine(`{"object": "/buckets/b", "user": "u", "data": {"nested": ${nested(99)}}}`)).toBeDefined();
  });

  it("names the accounts and histories that it may not read", async () => {
    answers["/v1/accounts"] = answers["/v1/buckets/blog/history"] = { status: 403 };
    expect((await read()).at(-1)).toMatchObject({ end: { objects: 3 } });
    expect(shown()).toEqual([
      expect.stringContaining("/buckets/blog/history is left out: it answers 403. Give the user of --auth the right"),
      expect.stringContaining("Accounts are left out: /accounts answers 403."),
    ]);
    answers["/v1/accounts"] = { status: 418 };
    await expect(read()).rejects.toThrow("/accounts answers 418");
  });

  it("names a history of which only some pages can be read, and compares none of it", async () => {
    const entry = { uri: "/buckets/blog", action: "create", date: "2026-01-02T03:04:05+00:00", last_modified: 7 };
    const target = { data: stored("blog") };
    answers["/v1/buckets/blog/history"] = (request) =>
      request.url?.includes("_token")
        ? { status: 403 }
        : {
            headers: { "next-page": `${origin}/v1/buckets/blog/history?_token=1` },
            body: {
              data: [
                { id: "e0", ...entry, target, date: "never" },
                { id: "e1", ...entry, target },
              ],
            },
          };
    const lines = await read();
    expect(lines.filter((line) => "replaced" in line)).toHaveLength(1);
    expect(lines.some((line) => "list" in line && line.list.endsWith("/history"))).toBe(false);
    expect(shown()).toEqual([
      expect.stringContaining('The entry "e0" of /buckets/blog/history is left out'),
      expect.stringContaining("/buckets/blog/history is incomplete: it answers 403."),
    ]);
  });

  describe("files", () => {
    const attach = (location: unknown, more: object = {}): void => {
      const data = stored("a", { attachment: { location, ...HELLO, ...more } });
      answers[`/v1${RECORDS}`] = list(data);
      answers[`${RECORDS}/a`] = { body: { data, permissions: {} } };
    };
    const contents = (lines: readonly Line[]) =>
      lines.flatMap((line) => ("content" in line ? [Buffer.from(line.content, "base64").toString()] : []));

    it("come from the server itself and from its base_url, without credentials there", async () => {
      const folder = mkdtempSync(join(tmpdir(), "kintoun-kinto-files-"));
      const { TMPDIR } = process.env;
      process.env.TMPDIR = folder;
      const sent: unknown[] = [];
      const hello = ({ headers }: IncomingMessage): Answer => {
        sent.push(headers.authorization);
        return { body: "Hello" };
      };
      const capabilities = { attachments: { base_url: `${otherOrigin}/files/` } };
      answers["/v1/"] = { body: { settings: {}, capabilities } };
      answers["/a.txt"] = answers["other:/files/a.txt"] = hello;
      for (const location of [`${origin}/a.txt`, `${otherOrigin}/files/a.txt`]) {
        attach(location);
        const lines = await read();
        expect(contents(lines)).toEqual(["Hello"]);
        expect(lines.at(-1)).toMatchObject({ end: { files: 1 } });
        expect(JSON.stringify(lines)).toContain('"location":"a.txt"');
      }
      expect(sent).toEqual(["Basic YTpi", undefined]);
      expect(shown()).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
      rmSync(folder, { recursive: true });
    });

    it("with locations elsewhere are left out, and nothing is fetched from there", async () => {
      answers["/moved.txt"] = { status: 302, headers: { location: `${otherOrigin}/a.txt` } };
      const locations = [
        "file:///etc/passwd",
        "http://127.0.0.1:1/a.png",
        `${otherOrigin}/a.txt`,
        "http://[/a",
        "data:,a",
      ];
      for (const location of [...locations, "/moved.txt", "//", 5, { a: 1 }]) {
        attach(location);
        notices = [];
        const lines = await read();
        expect(shown()).toEqual([expect.stringMatching(/^The file of .*records\/a is left out: /)]);
        expect(lines.at(-1)).toMatchObject({ end: { objects: 3, files: 0 } });
        expect(lines).toContainEqual(
          expect.objectContaining({ object: `${RECORDS}/a`, data: expect.objectContaining({ id: "a" }) }),
        );
      }
      expect(requests.filter((path) => path.startsWith("other:"))).toEqual([]);
    });

    it("are left out when they are missing, or not what their records say", async () => {
      const cases: readonly (readonly [Answer, object, string])[] = [
        [{ status: 404 }, {}, "answers 404"],
        [{ status: 403, body: "<html>" }, {}, "answers 403"],
        [{ body: "Hell" }, {}, "its size or content is not what its record says"],
        [{ body: "x".repeat(1_000_000) }, {}, "its size or content is not what its record says"],
        [{ body: "Jello" }, {}, "its size or content is not what its record says"],
        [{ body: "Hello" }, { size: -1 }, "its record has no size"],
        [{ body: "Hello" }, { size: "5" }, "its record has no size"],
        [{ status: 302, headers: { location: "/a.txt" } }, {}, "redirects more than 5 times"],
      ];
      for (const [answered, more, reason] of cases) {
        answers["/a.txt"] = answered;
        attach("/a.txt", more);
        notices = [];
        expect(contents(await read())).toEqual([]);
        expect(shown()).toEqual([expect.stringContaining(reason)]);
      }
    });
  });
});

describe("createKintoClient", () => {
  it("says why and how long it waits before the first retry", async () => {
    const closed = createServer();
    const url = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    await expect(read({ url: `${url}/v1`, stop: new AbortController() })).rejects.toThrow();
    expect(notices).toEqual([expect.stringMatching(/\/v1\/ cannot be read: .*ECONNREFUSED.* Trying again in 1 s\.$/)]);
  });

  it("says the same reason once", async () => {
    let count = 0;
    const accounts = answers["/v1/accounts"] ?? {};
    const busy: Answer = { status: 503, headers: { "retry-after": "0" } };
    answers["/v1/accounts"] = () => (++count < 4 ? busy : (accounts as Answer));
    await read();
    expect(shown()).toEqual([expect.stringMatching(/\/v1\/accounts.* it answers 503. Trying again in 0 s\.$/)]);
  });

  it("does not repeat what cannot succeed", async () => {
    const cases: readonly (readonly [Answer, string])[] = [
      [{ headers: { "x-long": "x".repeat(100_000) } }, "Headers Overflow"],
      [{ status: 307, headers: { location: "/v1/" } }, "redirects more than 5 times"],
      [{ status: 307, headers: { location: `${otherOrigin}/v1/` } }, "redirects to another server"],
    ];
    for (const [answered, reason] of cases) {
      answers["/v1/"] = answered;
      requests = [];
      await expect(read()).rejects.toThrow(reason);
      expect(requests.length).toBeLessThan(7);
      expect(requests).not.toContain("other:/v1/");
    }
    expect(notices).toEqual([]);
  });
});

describe("readPermissionsFile", () => {
  const folder = mkdtempSync(join(tmpdir(), "kintoun-permissions-"));
  const path = join(folder, "permissions.ndjson");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("keeps any name of a permission", () => {
    const names = ["__proto__", "constructor", "write", "write"];
    writeFileSync(path, names.map((name, n) => JSON.stringify(["/buckets/b", name, `u${n}`])).join("\n"));
    expect(Object.entries(readPermissionsFile(path).get("/buckets/b") ?? {})).toEqual([
      ["__proto__", ["u0"]],
      ["constructor", ["u1"]],
      ["write", ["u2", "u3"]],
    ]);
  });

  it("says which file is missing, and which line is wrong", () => {
    expect(() => readPermissionsFile(join(folder, "none"))).toThrow(/There is no file .*none/);
    expect(() => readPermissionsFile(folder)).toThrow("There is no file");
    writeFileSync(path, `["/buckets/b", "read", "u"]\n${"[".repeat(100_000)}${"]".repeat(100_000)}\n`);
    expect(() => readPermissionsFile(path)).toThrow(`${path}, line 2 is not a permission`);
  });
});
