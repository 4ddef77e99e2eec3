import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestResponse, type TestStore } from "../start-store.ts";

const BOOKS = "/buckets/library/collections/books";

let store: TestStore;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), search()] });
  await store.put("/buckets/library");
  await store.put(BOOKS, { data: { index: { fields: { title: { weight: 3 } } } } });
  const books = {
    ocean: { title: "The open ocean", about: "Waves and whales", year: 1990, lang: "en", tags: ["sea", "animals"] },
    whale: { title: "Café of whales", about: "A story of the ocean", year: 2004, lang: "en", tags: ["sea"] },
    forest: { title: "Forests", about: "Trees", year: 2010, lang: "de", isNew: true },
  };
  for (const [id, data] of Object.entries(books)) await store.put(`${BOOKS}/records/${id}`, { data });
});
afterAll(() => store.close());

const find = (query: string) => store.get(`${BOOKS}/search?${query}`);
const idsOf = ({ body }: TestResponse): string[] => body.hits.hits.map(({ _id }: { _id: string }) => _id);

describe("GET …/search", () => {
  it.each<[what: string, query: string, ids: string[]]>([
    ["everything without words", "sort=year", ["ocean", "whale", "forest"]],
    ["titles before other fields", "q=ocean", ["ocean", "whale"]],
    ["forms of a word", "q=whale&sort=year", ["ocean", "whale"]],
    ["the beginning of the last word", "q=oce", ["ocean", "whale"]],
    ["words with typing errors", "q=okean", ["ocean", "whale"]],
    ["words without accents", "q=cafe", ["whale"]],
    ["what meets filters", "q=ocean&min_year=2000", ["whale"]],
    ["what meets filters alone", "in_lang=de,fr", ["forest"]],
    ["a page", "sort=-year&limit=1&offset=1", ["whale"]],
    ["nothing for words that no record has", "q=planet", []],
  ])("finds %s: %s", async (_, query, ids) => {
    expect(idsOf(await find(query))).toEqual(ids);
  });

  it("returns facets, highlights and the fields that are asked for", async () => {
    const { body } = await find("q=ocean&facets=tags,lang,isNew&highlight=true&_fields=title&sort=year");

    expect(body.facets).toEqual({
      tags: [
        { value: "sea", count: 2 },
        { value: "animals", count: 1 },
      ],
      lang: [{ value: "en", count: 2 }],
      isNew: [],
    });
    expect(body).not.toHaveProperty("aggregations");
    expect(body.hits.hits[0]).toMatchObject({
      _source: { id: "ocean", title: "The open ocean" },
      highlight: { title: ["The open <em>ocean</em>"] },
    });
    expect(body.hits.hits[0]._source).not.toHaveProperty("about");
  });

  it("returns facets of fields by their names, whatever characters they have", async () => {
    const path = "/buckets/library/collections/names";
    await store.put(path);
    await store.put(`${path}/records/one`, { data: { "a[0]": "brackets", a0: "none", "x>y": "greater", ü: "umlaut" } });

    const { body } = await store.get(`${path}/search?facets=${encodeURIComponent("a[0],a0,x>y,ü")}`);

    expect(body.facets).toEqual({
      "a[0]": [{ value: "brackets", count: 1 }],
      a0: [{ value: "none", count: 1 }],
      "x>y": [{ value: "greater", count: 1 }],
      ü: [{ value: "umlaut", count: 1 }],
    });
  });

  it("shows what has fewer of the words after what has all, if that is little", async () => {
    expect(idsOf(await find("q=open whales"))).toEqual(["ocean", "whale"]);
  });

  it.each([
    "q=a&q=b",
    "limit=-1",
    "limit=9999&offset=9999",
    "highlight=maybe,%20&sort=,-",
    "_token=x",
    "after=x",
    `q=${"x ".repeat(501)}`,
  ])("returns 400 that names the parameter: %.40s", async (query) => {
    const { status, body } = await find(query);

    expect(status).toBe(400);
    expect(query).toContain(body.details[0].name);
    expect(body.details[0].location).toBe("querystring");
  });

  it.each(["/search?q=sea", "/search?foo=1&after=1", "/search/_count?q=sea", "/search/_msearch?q=sea"])(
    "returns 400 for a parameter that has no effect on POST …%s",
    async (path) => {
      const { status, body } = await store.post(`${BOOKS}${path}`, path.includes("_msearch") ? { searches: [] } : {});

      expect([status, body.details[0].location]).toEqual([400, "querystring"]);
      expect(path).toContain(`${body.details[0].name}=`);
    },
  );

  it("answers HEAD without a body", async () => {
    const response = await store.request(`${BOOKS}/search?q=ocean`, { method: "HEAD" });

    expect([response.status, response.body]).toEqual([200, undefined]);
    expect(response.headers.get("etag")).toMatch(/^"\d+"$/);
  });

  it("takes after as the ETag of a write, and refuses one that the list has not reached", async () => {
    const written = await store.put(`${BOOKS}/records/new`, { data: { title: "Deserts" } });
    const etag = encodeURIComponent(written.headers.get("etag") ?? "");

    expect(idsOf(await find(`q=desert&after=${etag}`))).toEqual(["new"]);
    const posted = await store.post(`${BOOKS}/search?after=${etag}`, { query: { match: { title: "deserts" } } });
    expect(idsOf(posted)).toEqual(["new"]);
    expect((await find("q=desert&after=9999999999999")).body.details).toEqual([
      { location: "querystring", name: "after", description: expect.stringContaining("is later than the timestamp") },
    ]);
    await store.delete(`${BOOKS}/records/new`);
  });
});

describe("settings of a collection", () => {
  it.each<[field: string, value: unknown, name: string]>([
    ["index", { language: "xx" }, "data.index.language"],
    ["index", 5, "data.index"],
    ["index:schema", { properties: { a: { type: "txt" } } }, "data.index:schema.properties.a.type"],
  ])("are refused when %s is %j", async (field, value, name) => {
    const put = await store.put("/buckets/library/collections/wrong", { data: { [field]: value } });
    expect([put.status, put.body.details[0].name]).toEqual([400, name]);

    const patch = await store.patch(BOOKS, { data: { [field]: value } });
    expect([patch.status, patch.body.details[0].name]).toEqual([400, name.replace("data.", "")]);
  });

  it("are stored as they are where no plugin searches", async () => {
    await using plain = await startStore();
    await plain.put("/buckets/b");

    expect((await plain.put("/buckets/b/collections/c", { data: { index: 5 } })).status).toBe(201);
  });

  it("do not prevent a change of permissions of a collection that is older than the plugin", async () => {
    expect((await store.patch(BOOKS, { permissions: { read: [] } })).status).toBe(200);
  });

  it("change what is found from the next search on", async () => {
    const path = "/buckets/library/collections/settings";
    await store.put(path);
    await store.put(`${path}/records/r`, {
      data: { title: "Houses", secret: { code: "swordfish" } },
    });
    const ids = async (query: string) => idsOf(await store.get(`${path}/search?${query}`));
    expect(await ids("q=swordfish")).toEqual(["r"]);

    await store.put(path, { data: { index: { exclude: ["secret"] } } });

    expect(await ids("q=swordfish")).toEqual([]);
    // Excluded fields are not found, but shown.
    expect((await store.get(`${path}/search`)).body.hits.hits[0]._source.secret).toEqual({ code: "swordfish" });
  });
});

describe("GET /search/facets", () => {
  const path = "/buckets/library/collections/facets";
  beforeAll(async () => {
    const properties = {
      region: { type: "string", enum: ["north", "south"] },
      title: { type: "string" },
      open: { type: "boolean" },
    };
    await store.put(path, { data: { schema: { type: "object", properties } } });
    await store.put(`${path}/records/a`, {
      data: { region: "north", title: "A", open: true },
      permissions: { read: ["system.Everyone"] },
    });
    await store.put(`${path}/records/b`, { data: { region: "south", title: "B", open: false } });
    await store.put(`${path}/records/c`, { data: { region: "south", title: "C" } });
  });

  it("counts the values of fields that the schema declares", async () => {
    const { body } = await store.get("/search/facets?type=record");

    expect(body.record.facets).toEqual([
      {
        name: "region",
        type: "keyword",
        options: [
          { key: "south", doc_count: 2 },
          { key: "north", doc_count: 1 },
        ],
      },
      { name: "title", type: "text" },
      {
        name: "open",
        type: "boolean",
        options: [
          { key: "false", doc_count: 1 },
          { key: "true", doc_count: 1 },
        ],
      },
    ]);
  });

  it("counts only what the user may read", async () => {
    const { body } = await store.get("/search/facets", { as: "bob" });

    expect(body.record).toMatchObject({ doc_count: 1 });
    expect(body.record.facets[0].options).toEqual([{ key: "north", doc_count: 1 }]);
  });

  it("counts the values of nested fields by their objects, where settings name them", async () => {
    const nested = "/buckets/library/collections/nested";
    const properties = { items: { type: "nested", properties: { color: { type: "keyword" } } } };
    await store.put(nested, { data: { "index:schema": { properties }, index: { facets: ["items.color"] } } });
    await store.put(`${nested}/records/a`, {
      data: { items: [{ color: "red" }, { color: "blue" }, { color: "red" }] },
    });

    const { body } = await store.get("/search/facets");
    await store.delete(nested);

    expect(body.record.facets).toContainEqual({
      name: "items.color",
      type: "keyword",
      nested: true,
      options: [
        { key: "red", doc_count: 2 },
        { key: "blue", doc_count: 1 },
      ],
    });
  });

  it("leaves out fields or values, and limits values", async () => {
    expect((await store.get("/search/facets?include_fields=false")).body.record).not.toHaveProperty("facets");
    expect((await store.get("/search/facets?exclude_options=true")).body.record.facets[0]).toEqual({
      name: "region",
      type: "keyword",
    });
    expect((await store.get("/search/facets?limit_terms=1")).body.record.facets[0].options).toHaveLength(1);
    expect((await store.get("/search/facets", { as: "carol" })).body.record.doc_count).toBe(1);
  });

  it.each(["type=unknown", "limit_terms=5000", "all_projects=yes", "nonsense=1"])(
    "returns 400 for %s",
    async (query) => {
      expect((await store.get(`/search/facets?${query}`)).status).toBe(400);
    },
  );

  it("lists the types", async () => {
    expect((await store.get("/search/plugins")).body.plugins).toEqual([
      { name: "record", type: "record", about: "The records of all collections." },
    ]);
  });
});
