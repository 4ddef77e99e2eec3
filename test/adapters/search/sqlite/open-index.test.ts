import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, jest } from "@jest/globals";
import { Evaluator } from "../../../../adapters/search/sqlite/evaluate.ts";
import { UnusableFileError } from "../../../../adapters/search/sqlite/index-file.ts";
import { IndexSegment } from "../../../../adapters/search/sqlite/index-segment.ts";
import { OpenIndex } from "../../../../adapters/search/sqlite/open-index.ts";
import { boolClause, type Clause } from "../../../../core/search/clause.ts";
import { encodeValue } from "../../../../core/search/values.ts";
import type { JsonObject } from "../../../../lib/json.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-index-"));
afterAll(() => rmSync(folder, { recursive: true }));

const DEFINITION = { language: "en", nested: ["reviews", "reviews.votes"], excluded: ["secret*"], hash: "h1" };
const stem = (word: string) => word.replace(/s$/, "");
let files = 0;
const openNew = (path = join(folder, `${files++}.sqlite`)) => OpenIndex.open(path, "g1", DEFINITION, stem);

const fill = (index: OpenIndex, documents: Readonly<Record<string, JsonObject | null>>, timestamp = 1): OpenIndex => {
  const changes = Object.entries(documents).map(([id, one]) => ({
    id,
    json: one === null ? null : JSON.stringify(one),
  }));
  index.apply({ from: index.position, to: { timestamp }, changes });
  return index;
};
const find = (index: OpenIndex, clause: Clause): string[] => {
  const segment = new IndexSegment(index);
  return Array.from(new Evaluator(segment).find(clause), (doc) => segment.idOf(doc)).sort();
};
const score = (index: OpenIndex, clause: Clause): Record<string, number> => {
  const segment = new IndexSegment(index);
  const { docs, scores } = new Evaluator(segment).evaluate(clause);
  return Object.fromEntries(Array.from(docs, (doc) => [segment.idOf(doc), scores?.[doc] ?? 1]));
};
const word = (path: string | null, text: string, scored = true): Clause => ({
  is: "word",
  path,
  match: { how: "word", word: text },
  scored,
});
const values = (path: string | null, ...all: (string | number | boolean)[]): Clause => ({
  is: "values",
  path,
  match: { how: "anyOf", values: all.map(encodeValue) },
});

const LIBRARY: Record<string, JsonObject> = {
  atlas: { title: "Open sea, open sky", year: 1999, tags: ["blue", "old"], place: { lat: 52.5, lon: 13.4 } },
  brook: { title: "The brook and the sea", year: 2004, tags: ["blue"], place: "48.1,11.6" },
  coral: { title: ["Coral reefs", "Islands far away"], year: 2010, secret: "hidden", on: "2020-01-02", gone: null },
  delta: {
    title: "",
    reviews: [
      { by: "ann", stars: 5, votes: [{ from: "bob" }, { from: "cid" }] },
      { by: "eve", stars: 1, votes: [] },
    ],
  },
};

describe("OpenIndex › finds", () => {
  const index = fill(openNew(), LIBRARY);
  afterAll(() => index.close());

  it.each<[what: string, clause: Clause, ids: string[]]>([
    ["all", { is: "all" }, ["atlas", "brook", "coral", "delta"]],
    ["ids", { is: "ids", ids: ["delta", "none"] }, ["delta"]],
    ["a word", word("title", "sea"), ["atlas", "brook"]],
    ["a word of any field", word(null, "blue"), ["atlas", "brook"]],
    ["a word that only another field has", word("title", "blue"), []],
    [
      "the begin of a word",
      { is: "word", path: "title", match: { how: "prefix", word: "re" }, scored: true },
      ["coral"],
    ],
    [
      "a stem",
      { is: "word", path: null, match: { how: "stem", stem: "reef", language: "en" }, scored: true },
      ["coral"],
    ],
    [
      "a typo",
      { is: "word", path: "title", match: { how: "fuzzy", word: "brok", edits: 1, prefixLength: 1 }, scored: true },
      ["brook"],
    ],
    [
      "a pattern of words",
      { is: "word", path: "title", match: { how: "pattern", source: "[cb]o?r.*" }, scored: false },
      ["brook", "coral"],
    ],
    [
      "a pattern with alternatives",
      { is: "word", path: "title", match: { how: "pattern", source: "coral|brook" }, scored: false },
      ["brook", "coral"],
    ],
    [
      "a pattern with alternatives behind a letter",
      { is: "word", path: "title", match: { how: "pattern", source: "c(oral|x[|)])" }, scored: false },
      ["coral"],
    ],
    [
      "a pattern with alternatives beside a group",
      { is: "word", path: "title", match: { how: "pattern", source: "c(x)[(]|b(roo)k" }, scored: false },
      ["brook"],
    ],
    ["a phrase", { is: "phrase", path: "title", words: ["the", "sea"], slop: 0, lastIsPrefix: false }, ["brook"]],
    [
      "a phrase with a begin",
      { is: "phrase", path: "title", words: ["open", "sk"], slop: 0, lastIsPrefix: true },
      ["atlas"],
    ],
    [
      "a phrase with words between",
      { is: "phrase", path: "title", words: ["open", "open"], slop: 1, lastIsPrefix: false },
      ["atlas"],
    ],
    ["swapped words", { is: "phrase", path: "title", words: ["sea", "the"], slop: 2, lastIsPrefix: false }, ["brook"]],
    [
      "no phrase over two texts",
      { is: "phrase", path: "title", words: ["reefs", "islands"], slop: 9, lastIsPrefix: false },
      [],
    ],
    ["values", values("year", 2004, 1999), ["atlas", "brook"]],
    ["values of any field", values(null, "old"), ["atlas"]],
    [
      "the begin of a value",
      { is: "values", path: "tags", match: { how: "prefix", text: "BL", ignoreCase: true } },
      ["atlas", "brook"],
    ],
    [
      "a typo of a value",
      { is: "values", path: "tags", match: { how: "fuzzy", text: "odl", edits: 1, prefixLength: 0 } },
      ["atlas"],
    ],
    [
      "a pattern of values",
      { is: "values", path: "tags", match: { how: "pattern", source: "o.*", ignoreCase: false } },
      ["atlas"],
    ],
    ["a range", { is: "between", path: "year", from: { value: encodeValue(2004), inclusive: false } }, ["coral"]],
    [
      "a range with two bounds",
      {
        is: "between",
        path: "year",
        from: { value: encodeValue(1999), inclusive: true },
        to: { value: encodeValue(2010), inclusive: false },
      },
      ["atlas", "brook"],
    ],
    ["what is present", { is: "present", path: "place" }, ["atlas", "brook"]],
    [
      "no null and no excluded field",
      {
        is: "best",
        of: [
          { is: "present", path: "gone" },
          { is: "present", path: "secret" },
        ],
        tieBreaker: 0,
      },
      [],
    ],
    [
      "points in a circle",
      { is: "geo", path: "place", within: { shape: "circle", center: { lat: 52.4, lon: 13 }, meters: 50_000 } },
      ["atlas"],
    ],
    [
      "points in a box",
      { is: "geo", path: "place", within: { shape: "box", top: 50, left: 170, bottom: 40, right: 20 } },
      ["brook"],
    ],
    [
      "one object that matches",
      {
        is: "nested",
        path: "reviews",
        query: boolClause({ must: [values("reviews.by", "ann"), values("reviews.stars", 5)] }),
        scoreMode: "avg",
      },
      ["delta"],
    ],
    [
      "no match of several objects",
      {
        is: "nested",
        path: "reviews",
        query: boolClause({ must: [values("reviews.by", "eve"), values("reviews.stars", 5)] }),
        scoreMode: "avg",
      },
      [],
    ],
    [
      "objects in objects",
      { is: "nested", path: "reviews.votes", query: values("reviews.votes.from", "cid"), scoreMode: "none" },
      ["delta"],
    ],
    ["nothing but what is excluded", boolClause({ mustNot: [word("title", "sea")] }), ["coral", "delta"]],
    [
      "several of many",
      boolClause({
        should: [word("title", "sea"), word("title", "open"), word("title", "brook")],
        minimumShouldMatch: 2,
      }),
      ["atlas", "brook"],
    ],
    [
      "what is not demoted too",
      { is: "demoting", positive: word("title", "sea"), negative: word("title", "open"), factor: 0.1 },
      ["atlas", "brook"],
    ],
  ])("%s", (_, clause, ids) => {
    expect(find(index, clause)).toEqual(ids);
  });

  it("scores by BM25 as Lucene does", () => {
    // Three documents have titles with words, 5 + 4 + 5 words. Two have the word.
    const expected = (count: number, length: number) =>
      (Math.log(1 + (3 - 2 + 0.5) / 2.5) * count) / (count + 1.2 * (1 - 0.75 + (0.75 * length) / (14 / 3)));

    const scores = score(index, word("title", "sea"));

    expect(scores.atlas).toBeCloseTo(expected(1, 4), 5);
    expect(scores.brook).toBeCloseTo(expected(1, 5), 5);
  });

  it.each<[what: string, clause: Clause, score: number]>([
    ["filters with 0", boolClause({ filter: [values("year", 1999)] }), 0],
    ["values with 1", values("year", 1999), 1],
    [
      "bool by the sum",
      boolClause({ must: [values("year", 1999)], should: [values("tags", "old"), values("tags", "new")] }),
      2,
    ],
    ["boosted clauses", { is: "boost", query: values("year", 1999), factor: 3 }, 3],
    ["constant clauses", { is: "constant", query: word("title", "sky"), score: 7 }, 7],
    [
      "the best and a part of the others",
      { is: "best", of: [{ is: "constant", query: { is: "all" }, score: 4 }, values("year", 1999)], tieBreaker: 0.5 },
      4.5,
    ],
  ])("scores %s", (_, clause, expected) => {
    expect(score(index, clause).atlas).toBe(expected);
  });

  it("lists words, those of most documents first", () => {
    const found = new IndexSegment(index).expand("title", { how: "pattern", source: "s.*|c.*" }, 3);

    expect(found).toEqual([
      { word: "sea", docs: 2 },
      { word: "coral", docs: 1 },
      { word: "sky", docs: 1 },
    ]);
  });
});

describe("OpenIndex › changes", () => {
  it("replaces and removes documents, with their words, values and objects", () => {
    const index = fill(openNew(), LIBRARY);
    fill(index, { atlas: { title: "Closed" }, brook: null, delta: { reviews: [{ by: "zoe" }] } }, 2);

    expect(find(index, word("title", "sea"))).toEqual([]);
    expect(find(index, word("title", "closed"))).toEqual(["atlas"]);
    expect(find(index, values("year", 1999, 2004))).toEqual([]);
    expect(
      find(index, { is: "nested", path: "reviews", query: values("reviews.by", "ann", "zoe"), scoreMode: "max" }),
    ).toEqual(["delta"]);
    expect(find(index, { is: "all" })).toEqual(["atlas", "coral", "delta"]);
    index.close();
  });

  it("is the same after it is opened again", () => {
    const index = fill(openNew(), LIBRARY, 5);
    fill(index, { brook: null, extra: { title: "sea" } }, 6);
    const before = [score(index, word("title", "sea")), find(index, { is: "all" })];
    index.close();
    const again = openNew(index.file.path);

    expect([score(again, word("title", "sea")), find(again, { is: "all" })]).toEqual(before);
    expect(again.position).toEqual({ timestamp: 6 });
    again.close();
  });

  it("has place for any number of documents", () => {
    const index = openNew();
    fill(index, Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`r${n}`, { n, text: `w${n % 7}` }])));

    expect(find(index, word("text", "w3"))).toHaveLength(429);
    expect(find(index, values("n", 2999))).toEqual(["r2999"]);
    index.close();
  });

  it("looks at few words for many different keys", () => {
    const fillKeys = (keys: number): OpenIndex => {
      const documents: Record<string, JsonObject> = {};
      for (let at = 0; at < keys; at += 500)
        documents[`r${at}`] = Object.fromEntries(
          Array.from({ length: 500 }, (_, n) => [`key${at + n}`, `red wine ${at + n}`]),
        );
      const index = fill(openNew(), documents);
      index.close();
      return openNew(index.file.path);
    };
    const measure = (index: OpenIndex, clause: Clause) => {
      const statements = [jest.spyOn(index.file, "get"), jest.spyOn(index.file, "iterate")];
      const began = process.cpuUsage();
      const found = find(index, clause).length;
      const { user, system } = process.cpuUsage(began);
      const count = statements.reduce((sum, { mock }) => sum + mock.calls.length, 0);
      for (const one of statements) one.mockRestore();
      return { found, count, ms: (user + system) / 1000 };
    };
    const anywhere = boolClause({
      must: [word(null, "red"), { is: "word", path: null, match: { how: "prefix", word: "win" }, scored: true }],
      should: [{ is: "phrase", path: null, words: ["red", "wine"], slop: 2, lastIsPrefix: false }, values(null, "red")],
    });
    const [few, many] = [fillKeys(500), fillKeys(20_000)];
    const [inFew, inMany] = [measure(few, anywhere), measure(many, anywhere)];

    expect([inFew.found, inMany.found]).toEqual([1, 40]);
    expect(inMany.count).toBe(inFew.count);
    expect(inMany.ms / inFew.ms).toBeLessThan(8);
    expect(find(many, word("key19500", "wine"))).toEqual(["r19500"]);
    expect(find(many, values("key7", "red wine 7"))).toEqual(["r0"]);
    expect(find(many, { is: "present", path: "key12345" })).toEqual(["r12000"]);
    fill(many, { r19500: { key19500: "white wine" } }, 2);
    expect(find(many, word(null, "red"))).toHaveLength(39);
    expect(find(many, word(null, "white"))).toEqual(["r19500"]);
    few.close();
    many.close();
  });

  it("applies changes only at the position that they continue", () => {
    const index = fill(openNew(), LIBRARY, 5);
    const position = index.apply({
      from: { timestamp: 4 },
      to: { timestamp: 9 },
      changes: [{ id: "late", json: "{}" }],
    });

    expect(position).toEqual({ timestamp: 5 });
    expect(find(index, { is: "ids", ids: ["late"] })).toEqual([]);
    index.close();
  });

  it("notices what another connection has changed", () => {
    const index = fill(openNew(), LIBRARY, 5);
    const other = openNew(index.file.path);
    fill(other, { late: {} }, 6);
    expect([index.isCurrent, other.isCurrent]).toEqual([false, true]);
    const position = index.apply({ from: { timestamp: 5 }, to: { timestamp: 9 }, changes: [] });

    expect(position).toEqual({ timestamp: 6 });
    index.close();
    other.close();
  });

  it("refuses files of others, and files that are damaged", () => {
    const index = fill(openNew(), LIBRARY);
    index.close();
    const { path } = index.file;
    expect(() => OpenIndex.open(path, "g2", DEFINITION, stem)).toThrow(UnusableFileError);
    expect(() => OpenIndex.open(path, "g1", { ...DEFINITION, hash: "h2" }, stem)).toThrow(UnusableFileError);
    writeFileSync(
      path,
      "not a database, but long enough to be taken for the header of one, as SQLite reads it all at once",
    );
    expect(() => openNew(path)).toThrow(UnusableFileError);
  });
});
