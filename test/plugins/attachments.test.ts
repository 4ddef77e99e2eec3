import { hash, randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Files, SignedUpload } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { imageSize } from "image-size";
import { attachments } from "../../plugins/attachments/index.ts";
import type { Registry } from "../../plugins/attachments/registry.ts";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAJElEQVR4AY3BAQEAAAiDMKR/51uB7QYjkEgiiSSSSCKJJJLoAT2cAhLpVj+QAAAAAElFTkSuQmCC",
  "base64",
);

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore({
    plugins: [
      attachments({
        extensions: "default+bin+html",
        maxBytes: 200_000,
        thumbnails: ["5x5"],
        resources: {
          "b/named": { randomize: false, folder: "{bucket_id}/{collection_id}" },
          "b/kept": { keepOldFiles: true },
          "b/archive": { keepOldFiles: true, randomize: false, folder: "archive" },
          "b/zipped": { gzipped: true },
        },
      }),
    ],
  });
  await store.put("/buckets/b");
  for (const name of ["c", "named", "kept", "archive", "zipped", "public"])
    await store.put(`/buckets/b/collections/${name}`);
});
afterAll(async () => store.close());

const uriOf = (id: string, collection = "c") => `/buckets/b/collections/${collection}/records/${id}`;

const formOf = (file: Uint8Array | string, name: string, type: string, fields: Record<string, unknown> = {}) => {
  const form = new FormData();
  form.append("attachment", new Blob([typeof file === "string" ? file : new Uint8Array(file)], { type }), name);
  for (const [key, value] of Object.entries(fields))
    form.append(key, typeof value === "string" ? value : JSON.stringify(value));
  return form;
};

/** Sends a form as a browser does. */
const attach = async (
  uri: string,
  form: FormData,
  { as = "alice" as string | null, headers = {}, query = "" } = {},
) => {
  const request = new Request("http://localhost", { method: "POST", body: form });
  return store.request(`${uri}/attachment${query}`, {
    method: "POST",
    as,
    headers: { ...headers, "content-type": request.headers.get("content-type") ?? "" },
    body: new Uint8Array(await request.arrayBuffer()),
  });
};

/** Follows the redirect as a client does, which sends no credentials to S3. */
const download = async (path: string, as: string | null = "alice") => {
  const redirect = await fetch(`${store.url}${path}`, {
    redirect: "manual",
    headers: as === null ? {} : { authorization: `Basic ${btoa(`${as}:secret`)}` },
  });
  const location = redirect.headers.get("location");
  return { redirect, file: location === null ? undefined : await fetch(location) };
};

const begin = (uri: string, content: Uint8Array, more: Record<string, unknown> = {}, as = "alice") =>
  store.post(
    `${uri}/attachment/uploads`,
    { filename: "a.bin", size: content.length, hash: hash("sha256", content), ...more },
    { as },
  );

const send = ({ url, method, headers }: SignedUpload, content: Uint8Array) => {
  const { "content-length": _, ...others } = headers;
  return fetch(url, { method, headers: others, body: new Uint8Array(content) });
};

const readBytes = async (file: Response | undefined) =>
  new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer());

/** Whether there is a file at a location. */
const isStored = async (location: string): Promise<boolean> => {
  const { files } = (await store.getServices("attachments")) as { files: Files };
  return (await files.describe(location.slice("/v1/attachments/".length))) !== undefined;
};

describe("a file in a form", () => {
  it("is stored and described in a new record, and returned to readers only", async () => {
    const form = formOf("Hello", "notes \u{1f600}.txt", "text/plain", {
      data: { title: "Hi" },
      permissions: { read: ["testuser:bob"] },
    });
    const response = await attach(uriOf("new"), form);

    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe(`/v1${uriOf("new")}`);
    expect(response.body).toEqual({
      filename: "notes \u{1f600}.txt",
      hash: hash("sha256", "Hello"),
      location: expect.stringMatching(/^\/v1\/attachments\/[0-9a-f-]{36}\.txt$/),
      mimetype: "text/plain",
      size: 5,
    });
    expect((await store.get(uriOf("new"))).body.data).toMatchObject({ title: "Hi", attachment: response.body });

    for (const at of [`${uriOf("new")}/attachment`, response.body.location.slice("/v1".length)]) {
      const { redirect, file } = await download(at, "bob");
      expect(redirect.status).toBe(307);
      expect(redirect.headers.get("cache-control")).toBe("private, max-age=300");
      expect(await file?.text()).toBe("Hello");
      expect(file?.headers.get("content-disposition")).toMatch(
        /^attachment; filename="notes __?\.txt"; filename\*=UTF-8''/,
      );
      expect((await store.get(at, { as: "mallory" })).status).toBe(403);
      expect((await store.get(at, { as: null })).status).toBe(401);
    }
    const { url, ...metadata } = (await store.get(`${uriOf("new")}/attachment?redirect=false`, { as: "bob" })).body;
    expect(metadata).toEqual(response.body);
    expect(await (await fetch(url)).text()).toBe("Hello");
    expect((await store.get("/attachments/missing.txt")).status).toBe(404);
  });

  it("changes an existing record if its precondition holds, and the file before is deleted", async () => {
    const uri = uriOf("changed");
    const { body: before } = await store.put(uri, { data: { title: "Old" } });
    const first = await attach(uri, formOf("1", "a.txt", "text/plain", { data: { kind: "x" } }));
    expect(first.status).toBe(200);
    const stale = { "if-match": `"${before.data.last_modified}"` };
    expect((await attach(uri, formOf("2", "a.txt", "text/plain"), { headers: stale })).status).toBe(412);
    expect((await attach(uri, formOf("2", "a.txt", "text/plain"), { headers: { "if-none-match": "*" } })).status).toBe(
      412,
    );
    const fresh = { "if-match": first.headers.get("etag") ?? "" };
    const second = await attach(uri, formOf("3", "a.txt", "text/plain"), { headers: fresh });

    expect(second.status).toBe(200);
    expect((await store.get(uri)).body.data).toMatchObject({ title: "Old", kind: "x", attachment: second.body });
    await store.drain();
    expect(await isStored(first.body.location)).toBe(false);
    expect(await isStored(second.body.location)).toBe(true);
  });

  it("needs the permission to change the record, or to create it", async () => {
    const form = () => formOf("x", "a.txt", "text/plain");
    await store.put(uriOf("shared"), { permissions: { read: ["testuser:bob"], write: ["testuser:eve"] } });

    expect((await attach(uriOf("shared"), form(), { as: "bob" })).status).toBe(403);
    expect((await attach(uriOf("shared"), form(), { as: null })).status).toBe(401);
    expect((await attach(uriOf("shared"), form(), { as: "eve" })).status).toBe(200);
    expect((await attach(uriOf("none"), form(), { as: "eve" })).status).toBe(403);
    // Creating records is enough for a new one.
    const creators = { permissions: { "record:create": ["testuser:fay", "system.Everyone"] } };
    await store.patch("/buckets/b/collections/public", creators);
    for (const as of ["fay", null])
      expect((await attach(uriOf(`new-${as}`, "public"), form(), { as })).status).toBe(201);
    expect((await attach(uriOf("new-fay", "public"), form(), { as: "bob" })).status).toBe(403);
    expect((await attach("/buckets/b/collections/missing/records/r", form())).status).toBe(404);
    expect((await store.get(`${uriOf("none")}/attachment`)).status).toBe(404);
    expect((await begin(uriOf("shared"), PNG, {}, "bob")).status).toBe(403);
  });

  it("is refused with the field that is wrong", async () => {
    const uri = uriOf("refused");
    const message = async (form: FormData) => {
      const { status, body } = await attach(uri, form);
      return `${status} ${body.message}`;
    };
    const without = new FormData();
    without.append("other", "x");

    expect(await message(without)).toMatch(/^400 The form has the field "other"/);
    expect(await message(new FormData())).toMatch(/^400 Attachment missing/);
    expect(await message(formOf("x", "a.txt", "text/plain", { data: "{" }))).toMatch(/^400 body: 'data' is not valid/);
    expect(await message(formOf("x", "a.txt", "text/plain", { data: [] }))).toMatch(/^400 body: 'data' must be a JSON/);
    // Bodies of any request have these limits.
    for (const levels of [101, 100_000]) {
      const data = `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
      expect(await message(formOf("x", "a.txt", "text/plain", { data }))).toMatch(/^400 .* levels/);
    }
    expect(await message(formOf("x", "a.exe", "text/plain"))).toMatch(/^400 File extension is not allowed: "exe"/);
    expect(await message(formOf("x", "", "text/plain"))).toMatch(/^400 .*no/);
    expect(await message(formOf("x", "a.png", "image/png"))).toMatch(/^400 The content of the file is not image\/png/);
    expect(await message(formOf(Buffer.alloc(200_001), "a.bin", ""))).toMatch(
      /^400 The file has 200001 bytes; at most/,
    );
    const json = await store.post(`${uri}/attachment`, { data: {} });
    expect(json.body.message).toMatch(/^Content-Type must be multipart/);
    const broken = {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body: "--x\r\nabc",
    };
    expect((await store.request(`${uri}/attachment`, broken)).body.message).toMatch(/^The body is not a form/);
    expect((await store.get(uri)).status).toBe(404);
  });

  it.each([
    ["../../etc/passwd.txt", "passwd.txt", /^\/v1\/attachments\/b\/named\/passwd\.txt$/],
    ["C:\\temp\\a b.txt", "a b.txt", /^\/v1\/attachments\/b\/named\/a_b\.txt$/],
    ["..txt", "..txt", /^\/v1\/attachments\/b\/named\/txt$/],
    ["\u202egpj.ä.txt", "gpj.ä.txt", /^\/v1\/attachments\/b\/named\/gpj\.a_\.txt$/],
    [`${"x".repeat(300)}.txt`, `${"x".repeat(255)}`, undefined],
  ])("has a safe key if its name is %s", async (name, filename, location) => {
    const { status, body } = await attach(uriOf(`n${name.length}`, "named"), formOf("x", name, "text/plain"));

    if (location === undefined) return expect(status).toBe(400);
    expect(body).toMatchObject({ filename, location: expect.stringMatching(location) });
  });

  it("has the type of its extension if the form does not say it", async () => {
    const body = (name: string) =>
      `--x\r\nContent-Disposition: form-data; name="attachment"; filename="${name}"\r\n\r\n{}\r\n--x--\r\n`;
    for (const [name, mimetype] of [
      ["a.json", "application/json"],
      ["a.txt", "text/plain"],
    ] as const) {
      const headers = { "content-type": "multipart/form-data; boundary=x" };
      const response = await store.request(`${uriOf("untyped")}/attachment`, {
        method: "POST",
        headers,
        body: body(name),
      });
      expect([response.status < 300, response.body.mimetype]).toEqual([true, mimetype]);
    }
  });

  it("gets another key if a file of another record has its name", async () => {
    const [one, two] = [uriOf("one", "named"), uriOf("two", "named")];
    await attach(one, formOf("1", "same.txt", "text/plain"));
    const { body } = await attach(two, formOf("2", "same.txt", "text/plain"));

    expect(body.location).toBe("/v1/attachments/b/named/same-1.txt");
    expect(await (await download(`${one}/attachment`)).file?.text()).toBe("1");
  });

  it("is a download if it could run something, and is shown if it is a picture", async () => {
    for (const [name, type, disposition] of [
      ["a.html", "text/html", "attachment"],
      ["a.svg", "image/svg+xml", "attachment"],
      ["a.png", "image/png", "inline"],
    ] as const) {
      await attach(uriOf("typed"), formOf(type === "image/png" ? PNG : "<svg onload=alert(1)>", name, type));
      const { file } = await download(`${uriOf("typed")}/attachment`);
      expect([file?.headers.get("content-type"), file?.headers.get("content-disposition")?.split(";")[0]]).toEqual([
        type,
        disposition,
      ]);
      expect(file?.headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  it("is compressed if the options or the request say so", async () => {
    const text = "Hello ".repeat(1000);
    const byOption = await attach(uriOf("z", "zipped"), formOf(text, "a.txt", "text/plain"));
    const byQuery = await attach(uriOf("z"), formOf(text, "a.txt", "text/plain"), { query: "?gzipped=true" });

    const original = { filename: "a.txt", hash: hash("sha256", text), mimetype: "text/plain", size: 6000 };
    for (const { body } of [byOption, byQuery])
      expect(body).toMatchObject({ filename: "a.txt.gz", mimetype: "application/x-gzip", original });
    const { file } = await download(`${uriOf("z")}/attachment`);
    const content = Buffer.from(await readBytes(file));
    expect(hash("sha256", content)).toBe(byQuery.body.hash);
    expect(gunzipSync(content).toString()).toBe(text);
  });
});

describe("the field attachment", () => {
  it("cannot be forged, changed or taken from another record", async () => {
    const { body } = await attach(uriOf("real"), formOf("x", "a.txt", "text/plain"));
    const forged = { ...body, location: "https://example.org/x" };

    for (const attachment of [forged, body, {}])
      expect((await store.put(uriOf("forged"), { data: { attachment } })).status).toBe(400);
    for (const attachment of [forged, { ...body, size: 2 }, "x"])
      expect((await store.patch(uriOf("real"), { data: { attachment } })).status).toBe(400);
    expect((await store.put(uriOf("real"), { data: { title: "Hi", attachment: body } })).status).toBe(200);
    expect((await store.put(uriOf("text"), { data: { attachment: "see the letter" } })).status).toBe(400);
    expect((await store.put(uriOf("text"), { data: { attachment: null } })).status).toBe(201);
  });

  it("is null after DELETE, and the file is deleted", async () => {
    const { body, headers } = await attach(uriOf("gone"), formOf("x", "a.txt", "text/plain"));
    const path = `${uriOf("gone")}/attachment`;
    expect((await store.delete(path, { as: "bob" })).status).toBe(403);
    expect((await store.delete(path, { headers: { "if-match": '"1"' } })).status).toBe(412);
    expect((await store.delete(path, { headers: { "if-match": headers.get("etag") ?? "" } })).status).toBe(204);

    expect((await store.get(uriOf("gone"))).body.data.attachment).toBeNull();
    expect((await store.get(path)).status).toBe(404);
    await store.drain();
    expect(await isStored(body.location)).toBe(false);
    expect((await store.put(uriOf("gone"), { data: { attachment: body } })).status).toBe(400);
    const batch = await store.post("/batch", { requests: [{ method: "DELETE", path }] });
    expect(batch.body.responses[0]).toMatchObject({ status: 400, body: { message: /part of a batch/ } });
  });

  it("is announced by the capability", async () => {
    expect((await store.get("/")).body.capabilities.attachments).toMatchObject({ base_url: "/v1/attachments/" });
  });
});

describe("files of records that end", () => {
  it("are deleted with the record and the collection, unless they are kept", async () => {
    await store.put("/buckets/b/collections/ending");
    const uris = [uriOf("r"), uriOf("r", "ending"), uriOf("r", "kept")];
    const locations: string[] = [];
    for (const uri of uris) locations.push((await attach(uri, formOf("x", "a.txt", "text/plain"))).body.location);
    await store.delete(uris[0] ?? "");
    await store.delete("/buckets/b/collections/ending");
    await attach(uris[2] ?? "", formOf("y", "b.txt", "text/plain"));
    await store.drain();

    expect(await Promise.all(locations.map(isStored))).toEqual([false, false, true]);
    const { file } = await download((locations[2] ?? "").slice("/v1".length));
    expect(await file?.text()).toBe("x");
  });
});

describe("kept files", () => {
  it("are not those of a record that is created again, or in a collection that is", async () => {
    const uri = uriOf("r", "archive");
    for (const end of [uri, "/buckets/b/collections/archive"]) {
      const { body: first } = await attach(uri, formOf("1", "plan.txt", "text/plain"));
      await attach(uri, formOf("2", "plan.txt", "text/plain"));
      await store.drain();
      const path = first.location.slice("/v1".length);
      expect(await (await download(path)).file?.text()).toBe("1");
      store.clock.advance(1000);
      await store.delete(end);
      store.clock.advance(1000);
      await store.put("/buckets/b/collections/archive", { permissions: { "record:create": ["testuser:mallory"] } });
      const form = formOf("3", "other.txt", "text/plain");
      expect((await attach(uri, form, { as: "mallory" })).status).toBe(201);
      await store.drain();
      expect((await download(path, "mallory")).redirect.status).toBe(404);
      store.clock.advance(1000);
      await store.delete(uri);
      await store.drain();
      store.clock.advance(1000);
    }
  });
});

describe("an upload to S3", () => {
  const content = randomBytes(1000);

  it("is attached after it was confirmed", async () => {
    const uri = uriOf("big");
    const { status, body } = await begin(uri, content, { filename: "big.bin", mimetype: "video/mp4" });
    expect(status).toBe(201);
    const confirm = (as = "alice") =>
      store.post(`${uri}/attachment/uploads/${body.id}`, { data: { title: "Big" } }, { as });
    expect((await confirm()).body).toMatchObject({ code: 409, message: expect.stringContaining("not uploaded yet") });
    expect((await store.get(uri)).status).toBe(404);

    expect((await send(body, content)).status).toBe(200);
    expect((await confirm("bob")).status).toBe(403);
    const confirmed = await confirm();
    expect(confirmed.status).toBe(201);
    expect(confirmed.body).toMatchObject({ filename: "big.bin", size: 1000, hash: hash("sha256", content) });
    expect((await confirm()).status).toBe(200);
    expect((await store.get(uri)).body.data).toMatchObject({ title: "Big", attachment: confirmed.body });
    const { file } = await download(`${uri}/attachment`);
    expect(Buffer.from(await readBytes(file))).toEqual(content);
    // The upload of one record is none of another.
    expect((await store.post(`${uriOf("other")}/attachment/uploads/${body.id}`)).status).toBe(404);
  });

  it("is refused by S3 if it has another hash or size", async () => {
    const { body } = await begin(uriOf("wrong"), content);

    expect((await send(body, randomBytes(1000))).status).toBe(400);
    expect((await send(body, randomBytes(1001))).status).toBe(403);
    expect((await store.post(`${uriOf("wrong")}/attachment/uploads/${body.id}`)).status).toBe(409);
  });

  it("is refused if it is too large, or its content has another type", async () => {
    expect((await begin(uriOf("w"), content, { size: 200_001 })).body.message).toMatch(/at most 200000/);
    expect((await begin(uriOf("w"), content, { filename: "a.exe" })).status).toBe(400);
    expect((await begin(uriOf("w"), content, { hash: "abc" })).status).toBe(400);
    const { body } = await begin(uriOf("w"), content, { filename: "a.png", mimetype: "image/png" });
    expect((await send(body, content)).status).toBe(200);
    expect((await store.post(`${uriOf("w")}/attachment/uploads/${body.id}`)).body.message).toMatch(/is not image\/png/);
  });
});

describe("a thumbnail", () => {
  const thumb = (id: string, size = "5x5") => store.get(`${uriOf(id)}/attachment?thumb=${size}`);

  it("is made when it is asked for, and deleted with its file", async () => {
    await attach(uriOf("pic"), formOf(PNG, "a.png", "image/png"));
    const first = await thumb("pic");
    expect([first.status, first.headers.get("retry-after")]).toEqual([202, "2"]);
    await store.drain();

    const { file } = await download(`${uriOf("pic")}/attachment?thumb=5x5`);
    const { width, height, type } = imageSize(await readBytes(file));
    expect([width, height, type]).toEqual([5, 5, "png"]);
    const { attachment } = (await store.get(uriOf("pic"))).body.data;
    const key = attachment.location.replace("/v1/attachments/", "/v1/attachments/thumbnails/5x5/");
    expect(await isStored(key)).toBe(true);
    await store.delete(uriOf("pic"));
    await store.drain();
    expect(await isStored(key)).toBe(false);
  });

  it("is refused for other sizes, other files, and pictures that are damaged or have too many pixels", async () => {
    expect((await thumb("new", "5x5")).status).toBe(404);
    expect((await thumb("new", "6x6")).body.message).toBe("There are no thumbnails of this size. The sizes are 5x5.");
    const huge = Buffer.from(PNG);
    huge.writeUInt32BE(60_000, 16);
    huge.writeUInt32BE(60_000, 20);
    const interlaced = Buffer.from(PNG);
    interlaced[28] = 1;
    for (const [id, content] of [
      ["huge", huge],
      ["interlaced", interlaced],
      ["cut", PNG.subarray(0, 40)],
    ] as const) {
      await attach(uriOf(id), formOf(content, "a.png", "image/png"));
      expect((await thumb(id)).status).toBe(202);
      await store.drain();
      expect((await thumb(id)).status).toBe(404);
    }
    expect(await store.deadLetterCount("attachments-thumbnails")).toBe(0);
  });
});

// The last one, because it moves the clock.
describe("the sweep", () => {
  it("deletes what no record names a day after its upload, and nothing else", async () => {
    const used = await attach(uriOf("used"), formOf("x", "a.txt", "text/plain"));
    const conflict = { headers: { "if-none-match": "*" } };
    expect((await attach(uriOf("used"), formOf("y", "unused.txt", "text/plain"), conflict)).status).toBe(412);
    const kept = await attach(uriOf("k", "kept"), formOf("x", "a.txt", "text/plain"));
    await store.delete(uriOf("k", "kept"));
    const content = randomBytes(10);
    const { body: abandoned } = await begin(uriOf("abandoned"), content);
    await send(abandoned, content);
    const { body: deleted } = await begin(uriOf("deleted"), content);
    await send(deleted, content);
    await store.post(`${uriOf("deleted")}/attachment/uploads/${deleted.id}`);
    await store.delete(uriOf("deleted"));
    await store.drain();
    // The URL of its upload is still valid.
    await send(deleted, content);
    const stored = () => {
      const uploads = [abandoned, deleted].map(({ id }) => Buffer.from(id, "base64url").toString());
      const keys = uploads.map((key) => `/v1/attachments/${key}`);
      return Promise.all([used.body.location, kept.body.location, ...keys].map(isStored));
    };
    expect(await stored()).toEqual([true, true, true, true]);

    const { registry } = (await store.getServices("attachments")) as { registry: Registry };
    store.clock.advance(23 * 3600_000);
    await store.drain();
    expect(await stored()).toEqual([true, true, true, true]);
    store.clock.advance(8 * 3600_000);
    await store.drain();

    expect(await stored()).toEqual([true, true, false, false]);
    expect((await store.post(`${uriOf("abandoned")}/attachment/uploads/${abandoned.id}`)).status).toBe(404);
    for await (const check of registry.dueChecks()) expect(check).toBeUndefined();
    expect(store.failures).toEqual([]);
  });
});
