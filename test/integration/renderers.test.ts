import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { csv } from "../../plugins/csv/index.ts";
import { ndjson } from "../../plugins/ndjson/index.ts";
import { xml } from "../../plugins/xml/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const RECORDS = "/buckets/b/collections/c/records";
const ALL = [xml(), csv(), ndjson()];

/** A plugin with renderers that fail, and routes of its own. */
const odd = definePlugin({
  name: "odd",
  about: "Fails in several ways.",
  renderers: {
    throws: {
      types: ["text/x-throws"],
      about: "Fails.",
      render: () => {
        throw new Error("secret of the renderer");
      },
    },
    half: {
      types: ["text/x-half"],
      about: "Fails half-way.",
      render: () => "",
      list: async function* () {
        yield "begun";
        throw new Error("secret of the renderer");
      },
    },
    numbers: { types: ["text/x-numbers"], about: "Returns no text.", render: () => 5 as unknown as string },
    pages: {
      types: ["text/x-pages"],
      about: "Has no `list`.",
      render: ({ status, body, path, query }) => JSON.stringify({ status, body, path, query }),
    },
  },
  routes: {
    "GET /own": {
      about: "Has a media type of its own.",
      run: () => ({ status: 200, headers: { "content-type": "text/plain", vary: "Cookie" }, body: "mine" }),
    },
    "GET /things": { about: "A list of its own.", run: () => jsonResponse({ data: [{ id: "a" }, { id: "b" }] }) },
    "GET /nothing": { about: "Has no body.", responses: { 204: "Nothing." }, run: () => ({ status: 204, body: null }) },
  },
});

const accepting = (accept: string) => ({ headers: { accept } });
const typeOf = ({ headers }: { headers: Headers }) => headers.get("content-type");

let store: TestStore;
beforeAll(async () => {
  store = await startStore({
    plugins: [
      ...(await import("../../plugins/basicauth/index.ts").then(({ basicauth }) => [basicauth()])),
      ...ALL,
      odd(),
    ],
    settings: { paginateBy: 3 },
  });
  await store.put("/buckets/b", { data: { title: "Ships & <sails>" } });
  await store.put("/buckets/b/collections/c");
  for (const id of ["a", "b", "c", "d", "e", "f", "g"])
    await store.put(`${RECORDS}/${id}`, { data: { letter: id, even: "bdf".includes(id) } });
});
afterAll(() => store.close());

describe("rendering", () => {
  it.each([
    ["", "application/json"],
    ["*/*", "application/json"],
    ["application/*", "application/json"],
    ["application/xml", "application/xml; charset=utf-8"],
    ["text/xml", "text/xml; charset=utf-8"],
    ["TEXT/CSV;header=present", "text/csv; charset=utf-8"],
    ["text/*", "text/xml; charset=utf-8"],
    ["text/csv;q=0.5, application/xml;q=0.4", "text/csv; charset=utf-8"],
    ["text/csv, application/json", "application/json"],
    ["application/json;q=0.1, text/csv;q=0.2", "text/csv; charset=utf-8"],
    ["application/json;q=0, */*;q=0.1", "application/xml; charset=utf-8"],
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/xml; charset=utf-8"],
  ])("of a response to Accept: '%s' has type %s", async (accept, type) => {
    const answer = await store.get("/buckets/b", accepting(accept));
    expect([answer.status, typeOf(answer), answer.headers.get("vary")]).toEqual([200, type, "Accept, Accept-Encoding"]);
  });

  it("of a response to a browser lets nothing in it run", async () => {
    const { headers } = await store.get("/buckets/b", accepting("application/xml"));
    expect(headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none';/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("returns 406 with the available types if none is accepted", async () => {
    const { status, body, headers } = await store.get("/buckets/b", accepting("image/png, text/html;q=0.9"));
    const types = [
      "application/json",
      "application/xml",
      "text/xml",
      "text/csv",
      "application/x-ndjson",
      "text/x-throws",
      "text/x-half",
      "text/x-numbers",
      "text/x-pages",
    ];
    const message = `Accept header should be one of [${types.map((type) => `'${type}'`).join(", ")}]`;
    expect([status, headers.get("vary")]).toEqual([406, "Accept, Accept-Encoding"]);
    expect(body).toMatchObject({
      errno: 107,
      message,
      details: [{ location: "header", name: "Accept", description: message }],
    });
  });

  it("renders errors", async () => {
    const missing = await store.get("/buckets/b/collections/x/records/y", accepting("application/xml"));
    expect([missing.status, typeOf(missing)]).toEqual([404, "application/xml; charset=utf-8"]);
    expect(missing.body).toContain('<errno type="number">111</errno>');
    expect((await store.get("/nowhere", accepting("text/csv"))).body).toMatch(
      /^code,errno,error,message\r\n404,111,Not Found,/,
    );
    expect((await store.get("/buckets/b", { as: null, ...accepting("application/xml") })).body).toContain(
      "<error>Unauthorized</error>",
    );
  });

  it("keeps the media type of a plugin's route", async () => {
    const own = await store.get("/own", accepting("application/xml, */*;q=0.1"));
    expect([own.status, typeOf(own), own.headers.get("vary"), own.body]).toEqual([
      200,
      "text/plain",
      "Cookie, Accept, Accept-Encoding",
      "mine",
    ]);
    expect((await store.get("/things", accepting("application/x-ndjson"))).body).toBe('{"id":"a"}\n{"id":"b"}\n');
    expect((await store.get("/nothing", accepting("application/xml"))).status).toBe(204);
  });

  it("sets the type of HEAD responses, and leaves 304 and preflight responses unchanged", async () => {
    const head = await store.request("/buckets/b", { method: "HEAD", ...accepting("application/xml") });
    expect([head.status, typeOf(head), head.body]).toEqual([200, "application/xml; charset=utf-8", undefined]);
    const etag = head.headers.get("etag") ?? "";
    const fresh = await store.get("/buckets/b", { headers: { accept: "application/xml", "if-none-match": etag } });
    expect([fresh.status, fresh.body, fresh.headers.get("etag")]).toEqual([304, undefined, etag]);
    const preflight = await store.request("/buckets", {
      method: "OPTIONS",
      headers: { accept: "application/xml", origin: "https://a.example", "access-control-request-method": "GET" },
    });
    expect([preflight.status, preflight.headers.get("vary")]).toEqual([200, null]);
  });

  it("leaves the parts of a batch as JSON", async () => {
    const requests = [
      { path: "/buckets/b" },
      { path: "/own" },
      { path: "/buckets/b", headers: { Accept: "image/png" } },
    ];
    const asJson = await store.post("/batch", { defaults: { headers: { Accept: "application/xml" } }, requests });
    expect(asJson.body.responses[0]).toMatchObject({ status: 200, body: { data: { title: "Ships & <sails>" } } });
    expect(asJson.body.responses[1]).toMatchObject({ status: 200, body: "mine" });
    expect(asJson.body.responses[2].status).toBe(406);
    const asXml = await store.post("/batch", { requests }, accepting("application/xml"));
    expect(asXml.body).toContain("<title>Ships &amp; &lt;sails&gt;</title>");
  });

  it("does not depend on the Accept header if no plugin has a renderer", async () => {
    await using plain = await startStore();
    const { status, body } = await plain.get("/", accepting("application/xml"));
    expect([status, body.message]).toEqual([406, "Accept header should be one of ['application/json']"]);
    expect((await plain.get("/")).headers.get("vary")).toBe("Accept-Encoding");
  });
});

describe("rendering a list entry by entry", () => {
  const linesOf = (text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  it("returns the whole list, however short its pages are", async () => {
    const json = await store.get(RECORDS);
    const { status, body, headers } = await store.get(RECORDS, accepting("application/x-ndjson"));
    expect(json.headers.get("next-page")).not.toBeNull();
    expect([status, headers.get("next-page"), headers.get("etag")]).toEqual([200, null, json.headers.get("etag")]);
    expect(linesOf(body).map(({ id }) => id)).toEqual(["g", "f", "e", "d", "c", "b", "a"]);
    expect(linesOf(body).slice(0, 3)).toEqual(json.body.data);
  });

  it("applies filters, sorting and fields", async () => {
    const { body } = await store.get(
      `${RECORDS}?even=false&_sort=letter&_fields=letter`,
      accepting("application/x-ndjson"),
    );
    expect(linesOf(body).map(({ letter }) => letter)).toEqual(["a", "c", "e", "g"]);
    expect(Object.keys(linesOf(body)[0]).toSorted()).toEqual(["id", "last_modified", "letter"]);
  });

  it("returns one page and Next-Page if the request has a limit", async () => {
    const first = await store.get(`${RECORDS}?_limit=2`, accepting("text/csv"));
    expect(first.body.match(/^.,/gm)).toEqual(["g,", "f,"]);
    const second = await store.get(first.headers.get("next-page") ?? "", accepting("text/csv"));
    expect(second.body.match(/^.,/gm)).toEqual(["e,", "d,"]);
  });

  it("returns only entries that the user can read", async () => {
    await store.patch(`${RECORDS}/c`, { permissions: { read: [await store.userId("bob")] } });
    const { body } = await store.get(RECORDS, { as: "bob", ...accepting("application/x-ndjson") });
    expect(linesOf(body).map(({ id }) => id)).toEqual(["c"]);
    expect((await store.get("/buckets/b/groups", { as: "bob", ...accepting("application/x-ndjson") })).status).toBe(
      403,
    );
  });

  it("works for every list", async () => {
    const { body } = await store.get("/permissions", accepting("application/x-ndjson"));
    expect(linesOf(body).map(({ uri }) => uri)).toContain(`${RECORDS}/a`);
    expect((await store.get("/buckets/b/collections", accepting("application/xml"))).body).toMatch(
      /^<\?xml .*\?>\n<response><data type="array"><item><id>c<\/id>/,
    );
    expect((await store.get("/buckets/b/groups", accepting("application/xml"))).body).toContain(
      '<data type="array"></data>',
    );
  });

  it("returns pages if the renderer has no `list`", async () => {
    const { body, headers } = await store.get(`${RECORDS}?_sort=letter`, accepting("text/x-pages"));
    const page = JSON.parse(body);
    expect(page).toMatchObject({ status: 200, path: RECORDS, query: "_sort=letter" });
    expect(page.body.data).toHaveLength(3);
    expect(headers.get("next-page")).not.toBeNull();
  });

  it("continues with Next-Page if the list is too long for one response", async () => {
    const big = "/buckets/b/collections/big/records";
    const text = '"quoted" & <marked>\n'.repeat(14_000);
    await using large = await startStore({ plugins: [basicauth(), ...ALL] });
    await large.put("/buckets/b");
    await large.put("/buckets/b/collections/big");
    for (let i = 0; i < 24; i++) await large.put(`${big}/r${i}`, { data: { text } });
    for (const type of ["application/x-ndjson", "application/xml", "text/csv"]) {
      const found: string[] = [];
      let answers = 0;
      for (let next: string | null = big; next !== null; answers++) {
        const { status, body, headers }: Awaited<ReturnType<typeof store.get>> = await large.get(next, accepting(type));
        expect(status).toBe(200);
        found.push(...[...body.matchAll(/(?:"id":"|<id>|^)(r\d+)/gm)].map(([, id]: string[]) => id ?? ""));
        next = headers.get("next-page");
        if (next !== null) expect(next).not.toContain("_limit");
      }
      expect([type, found]).toEqual([type, Array.from({ length: 24 }, (_, i) => `r${23 - i}`)]);
      expect(answers).toBeLessThan(9);
    }
  });
});

describe("a renderer that fails", () => {
  it.each([
    ["throws", "text/x-throws", "/buckets/b"],
    ["throws half-way", "text/x-half", RECORDS],
    ["returns no text", "text/x-numbers", "/buckets/b"],
  ])("because it %s fails its request alone, without details", async (_, type, path) => {
    const { status, body, headers } = await store.get(path, accepting(type));
    expect([status, body.errno, headers.get("vary"), typeOf({ headers })]).toEqual([
      500,
      999,
      "Accept, Accept-Encoding",
      "application/json",
    ]);
    expect(JSON.stringify(body)).not.toContain("secret");
    expect(store.logLines.at(-1)).toMatch(/The renderer '\w+' of the plugin 'odd' failed/);
    expect((await store.get(path)).status).toBe(200);
  });
});
