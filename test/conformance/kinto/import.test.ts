/** @slow */

import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ImportOptions, importStore } from "../../../operations/transfer/import-store.ts";
import { createKintoClient } from "../../../operations/transfer/kinto/kinto-client.ts";
import { openKintoProgress } from "../../../operations/transfer/kinto/kinto-progress.ts";
import { readPermissionsFile } from "../../../operations/transfer/kinto/permissions-file.ts";
import { type KintoSource, readKinto } from "../../../operations/transfer/kinto/read-kinto.ts";
import { accounts } from "../../../plugins/accounts/index.ts";
import { attachments } from "../../../plugins/attachments/index.ts";
import { history } from "../../../plugins/history/index.ts";
import { createVenv } from "../../create-venv.ts";
import type { RunningEngine } from "../../engines/run-engine.ts";
import { startStore, type TestStore } from "../../start-store.ts";
import { startKinto } from "./start-kinto.ts";

const REQUIREMENTS = join(import.meta.dirname, "requirements-attachment.txt");
const folder = mkdtempSync(join(tmpdir(), "kintoun-import-kinto-"));
const never = new AbortController().signal;
const RECORDS = "/buckets/blog/collections/posts/records";

let files: Server;
/** Serves the files of Kinto, which leaves that to a web server. Returns their URL. */
const serveFiles = async (): Promise<string> => {
  files = createServer((request, response) => {
    createReadStream(join(folder, request.url ?? ""))
      .on("error", () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(files.address() as AddressInfo).port}/`;
};

let kinto: RunningEngine;
let root: string;
let store: TestStore;
beforeAll(async () => {
  kinto = await startKinto(
    {
      includes: "kinto.plugins.accounts kinto.plugins.history kinto_attachment",
      "multiauth.policies": "account",
      "multiauth.policy.account.use": "kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy",
      account_create_principals: "system.Everyone",
      account_write_principals: "account:admin",
      account_read_principals: "account:admin",
      bucket_read_principals: "account:admin",
      group_read_principals: "account:admin",
      collection_read_principals: "account:admin",
      record_read_principals: "account:admin",
      history_read_principals: "account:admin",
      paginate_by: "10",
      "attachment.base_path": folder,
      "attachment.base_url": await serveFiles(),
    },
    createVenv("kinto-attachment", REQUIREMENTS, ["--no-deps"]),
  );
  root = `${kinto.endpoint}/v1`;
  store = await startStore({
    plugins: [
      accounts({ writePrincipals: ["account:admin"], scrypt: { log2n: 13, p: 1 }, minPasswordLength: 1 }),
      history(),
      attachments(),
    ],
  });
  await fill();
}, 300_000);
afterAll(async () => {
  files?.close();
  await kinto?.[Symbol.asyncDispose]();
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

const basic = (user: string) => `Basic ${btoa(user)}`;
const ALICE = "alice:pw-alice";

const send = async (to: string, method: string, path: string, user: string | null, data?: object) => {
  const response = await fetch(`${to}${path}`, {
    method,
    headers: {
      ...(user !== null && { authorization: basic(user) }),
      ...(data !== undefined && { "content-type": "application/json" }),
    },
    ...(data !== undefined && { body: JSON.stringify(data) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
};

/** Makes a store with all that is imported. */
const fill = async () => {
  const put = (path: string, body: object = {}, user: string | null = ALICE) => send(root, "PUT", path, user, body);
  await put("/accounts/admin", { data: { password: "pw-admin" } }, null);
  await put("/accounts/alice", { data: { password: "pw-alice", name: "Alice" } }, null);
  await put("/buckets/blog", { data: { title: "Blog" }, permissions: { read: ["system.Authenticated"] } });
  await put("/buckets/blog/groups/writers", { data: { members: ["account:bob"] } });
  await put("/buckets/blog/collections/posts", { permissions: { write: ["/buckets/blog/groups/writers"] } });
  for (let n = 0; n < 25; n++) await put(`${RECORDS}/r${n}`, { data: { n, nested: { b: 1, a: [1.5] } } });
  await send(root, "PATCH", `${RECORDS}/r1`, ALICE, { data: { n: "changed" } });
  await send(root, "DELETE", `${RECORDS}/r2`, ALICE);
  const form = new FormData();
  form.append("attachment", new Blob(["Hello"], { type: "text/plain" }), "hello.txt");
  const attached = await fetch(`${root}${RECORDS}/r3/attachment`, {
    method: "POST",
    headers: { authorization: basic(ALICE) },
    body: form,
  });
  expect(attached.status).toBe(200);
  await put("/buckets/admins", {}, "admin:pw-admin");
};

const notices: string[] = [];
const runImport = (more: Partial<KintoSource> = {}, options: Partial<ImportOptions> = {}, url = root) => {
  const progress = openKintoProgress(undefined);
  const onNotice = (text: string) => void notices.push(text);
  const authorization = basic("admin:pw-admin");
  const client = createKintoClient({ url, authorization, signal: never, onNotice: () => undefined });
  const source = { client, buckets: undefined, permissions: undefined, known: progress.known, onNotice, ...more };
  return importStore({
    appOptions: store.cloud.options,
    lines: progress.count(readKinto({ onList: progress.onList, ...source })),
    skippedLines: 0,
    buckets: undefined,
    events: false,
    isDryRun: false,
    signal: never,
    progress: () => undefined,
    onNotice,
    onCheckpoint: progress.onCheckpoint,
    ...options,
  });
};

describe("an import from Kinto", () => {
  it("makes both equal, although the server is overloaded at times", async () => {
    let requests = 0;
    const overloaded = createServer((request, response) => {
      if (++requests % 5 === 0) return void response.writeHead(503, { "retry-after": "0" }).end("{}");
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const { authorization, "content-type": type, "if-none-match": etag } = request.headers;
        const answer = await fetch(`${kinto.endpoint}${request.url}`, {
          method: request.method ?? "GET",
          headers: {
            ...(authorization && { authorization }),
            ...(type && { "content-type": type }),
            ...(etag && { "if-none-match": etag }),
          },
          ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
        });
        const headers = Object.fromEntries([...answer.headers].filter(([name]) => !/^(content-|transfer-)/.test(name)));
        response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
      })();
    });
    await new Promise<void>((resolve) => overloaded.listen(0, "127.0.0.1", resolve));
    const { port } = overloaded.address() as AddressInfo;
    const { counts, differences, compared } = await runImport({}, {}, `http://127.0.0.1:${port}/v1`);
    overloaded.close();
    expect({ notices, differences }).toEqual({ notices: [], differences: [] });
    expect(compared).toBeGreaterThan(6);
    expect(counts).toMatchObject({ created: 31, refused: 0, files: 1 });
  });

  it("keeps data, timestamps, permissions and tombstones", async () => {
    for (const path of [
      "/buckets/blog",
      "/buckets/blog/groups/writers",
      "/buckets/blog/collections/posts",
      `${RECORDS}/r1`,
    ]) {
      const [theirs, ours] = [await send(root, "GET", path, ALICE), await send(store.url, "GET", path, ALICE)];
      const sorted = ({ data, permissions }: { data: object; permissions: Record<string, string[]> }) => ({
        data,
        permissions: Object.fromEntries(Object.entries(permissions).map(([name, all]) => [name, all.toSorted()])),
      });
      expect(sorted(ours.body)).toEqual(sorted(theirs.body));
    }
    const { body } = await send(store.url, "GET", `${RECORDS}?_since=0&_limit=100`, ALICE);
    expect(body.data).toContainEqual(expect.objectContaining({ id: "r2", deleted: true }));
  });

  it("lets users log in with their passwords, and hashes them anew", async () => {
    const { body } = await send(store.url, "GET", "/", ALICE);
    expect(body.user.id).toBe("account:alice");
    expect((await send(store.url, "GET", "/accounts/alice", "alice:wrong")).status).toBe(401);
    expect((await send(store.url, "GET", "/", ALICE)).body.user.id).toBe("account:alice");
  });

  it("brings files and histories", async () => {
    const { body } = await send(store.url, "GET", `${RECORDS}/r3`, ALICE);
    const location = String(body.data.attachment.location).replace("/v1", "");
    const file = await fetch(`${store.url}${location}`, { headers: { authorization: basic(ALICE) } });
    expect(await file.text()).toBe("Hello");
    const read = async (to: string) => {
      const { body } = await send(to, "GET", `/buckets/blog/history?uri=${RECORDS}/r1&_sort=last_modified`, ALICE);
      const own = body.data.filter(({ user_id }: { user_id: string }) => user_id !== "plugin:import");
      return own.map(({ action, user_id, target }: Record<string, unknown>) => ({ action, user_id, target }));
    };
    expect(await read(store.url)).toEqual(await read(root));
    expect(await read(store.url)).toHaveLength(2);
  });

  it("a second one changes nothing but what has changed in Kinto since", async () => {
    await send(root, "PATCH", `${RECORDS}/r5`, ALICE, { data: { n: "later" } });
    await send(root, "DELETE", `${RECORDS}/r6`, ALICE);
    const { counts } = await runImport();
    expect(counts).toMatchObject({ created: 0, updated: 2, refused: 0, newer: 1 });
    expect((await send(store.url, "GET", `${RECORDS}/r6`, ALICE)).status).toBe(404);
  });

  it("one that goes on does not read again what has not changed", async () => {
    const progress = openKintoProgress(undefined);
    await runImport({ onList: (list, read) => void progress.known.set(list, read) });
    const { counts, compared } = await runImport({ known: progress.known });
    expect(counts).toMatchObject({ created: 0, updated: 0, unchanged: 0 });
    expect(compared).toBeGreaterThan(6);
  });

  it("takes permissions from a file, and says of which objects they are not shown", async () => {
    notices.length = 0;
    const path = join(folder, "permissions.ndjson");
    writeFileSync(path, '["/buckets/blog", "write", "account:alice"]\n["/buckets/blog", "read", "account:eve"]\n');
    await runImport({ permissions: readPermissionsFile(path), buckets: ["blog"] });
    const { body } = await send(store.url, "GET", "/buckets/blog", ALICE);
    expect(body.permissions).toEqual({ write: ["account:alice"], read: ["account:eve"] });
    writeFileSync(path, "no permission\n");
    expect(() => readPermissionsFile(path)).toThrow("line 1 is not a permission");
  });

  it("refuses what is no Kinto", async () => {
    await expect(runImport({}, {}, `${root}/nothing`)).rejects.toThrow("not as Kinto does");
  });
});
