import { describe, expect, it } from "@jest/globals";
import { startTestStore } from "@kintoun/testing";
import { createProjection } from "../../core/lists/fields.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { csv } from "../../plugins/csv/index.ts";
import { writeRow, writeTable } from "../../plugins/csv/write.ts";
import fc, { codePoint } from "../fast-check.ts";

/** Parses CSV of RFC 4180. Throws if it is invalid. */
const parse = (source: string): string[][] => {
  const rows: string[][] = [[]];
  let at = 0;
  while (at < source.length) {
    const [cell = "", quoted] = /^(?:"((?:[^"]|"")*)"|[^",\r\n]*)(?=,|\r\n)/.exec(source.slice(at)) ?? [undefined];
    const end = at + cell.length;
    const separator = source.slice(end, end + 2);
    if (!separator.startsWith(",") && separator !== "\r\n")
      throw new Error(`invalid CSV at ${at}: ${JSON.stringify(source.slice(at, at + 40))}`);
    rows.at(-1)?.push(quoted === undefined ? cell : quoted.replaceAll('""', '"'));
    if (separator === "\r\n") rows.push([]);
    at = end + (separator === "\r\n" ? 2 : 1);
  }
  if (rows.pop()?.length !== 0) throw new Error("the last line has no line break");
  return rows;
};

const writeAndParse = async (entries: readonly JsonObject[], query = ""): Promise<string[][]> => {
  const iterate = async function* () {
    yield* entries;
  };
  let written = "";
  for await (const part of writeTable(iterate(), { query })) written += part;
  return parse(written);
};

const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const text = fc.oneof(
  fc.string({ unit: codePoint }),
  fc.string({ unit: fc.constantFrom(..."=+-@,;\"'\r\n\t 1aé".split("")) }),
);
const escapeFormula = (value: string): string =>
  FORMULA.test(value.replace(/^'+/, "")) && !/^[+-]?\d{1,20}(\.\d{1,20})?$/.test(value) ? `'${value}` : value;
const readEscaped = (cell: string): string => (FORMULA.test(cell.replace(/^'+/, "")) ? cell.replace(/^'/, "") : cell);

/** The values of an object with the names of their columns, as text, in order. `null` and `""` are empty cells. */
const listValues = (value: Json, path: readonly string[] = []): string[] =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
    ? Object.entries(value)
        .flatMap(([key, inner]) => listValues(inner, [...path, key]))
        .sort()
    : value === null || value === "" || path.length === 0
      ? []
      : [`${path.join(".")}: ${typeof value === "string" ? value : JSON.stringify(value)}`];

/** The values of a table, row by row, like {@link listValues}. */
const readValues = ([head = [], ...rows]: readonly (readonly string[])[]): string[][] =>
  rows.map((row) =>
    row
      .flatMap((text, index) => {
        const [column = "", cell] = [readEscaped(head[index] ?? ""), readEscaped(text)];
        if (column === "_others") return cell === "" ? [] : listValues(JSON.parse(cell));
        return listValues(/^{./.test(cell) ? JSON.parse(cell) : cell, [column]);
      })
      .sort(),
  );

describe("csv", () => {
  it("writes tables that parse back to the same cells, with escaped formulas", async () => {
    const rows = fc.array(
      fc.record({ id: text, title: text, size: fc.oneof(fc.integer(), fc.boolean(), fc.constant(null)) }),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(rows, async (entries) => {
        const [head, ...body] = await writeAndParse(entries);
        expect(head).toEqual(["id", "last_modified", "title", "size"]);
        expect(body).toEqual(
          entries.map(({ id, title, size }) => [
            escapeFormula(id),
            "",
            escapeFormula(title),
            size === null ? "" : String(size),
          ]),
        );
      }),
    );
  });

  it("writes no cell or header that a spreadsheet would run as a formula", async () => {
    const entries = fc.array(
      fc.dictionary(
        text.filter((name) => name !== "__proto__"),
        text,
      ),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(entries, async (list) => {
        const cells = (await writeAndParse(list)).flat();
        expect(cells.filter((cell) => FORMULA.test(cell) && !/^[+-]?\d+(\.\d+)?$/.test(cell))).toEqual([]);
      }),
    );
  });

  it("writes a column for each field, including fields of nested objects", async () => {
    const entries = [
      { id: "a", last_modified: 2, author: { name: "Ada", born: 1815 }, tags: ["x", "y"], none: null, empty: "" },
      { id: "b", last_modified: 1, author: "Bob", extra: {} },
    ];
    expect(await writeAndParse(entries)).toEqual([
      ["id", "last_modified", "author.name", "author.born", "tags", "none", "empty", "author", "extra"],
      ["a", "2", "Ada", "1815", '["x","y"]', "", "", "", ""],
      ["b", "1", "", "", "", "", "", "Bob", "{}"],
    ]);
  });

  it("writes only the columns in _fields", async () => {
    const entries = [{ id: "a", last_modified: 2, author: { name: "Ada" } }];
    expect(await writeAndParse(entries, "_fields=author,title")).toEqual([
      ["id", "last_modified", "author", "title"],
      ["a", "2", '{"name":"Ada"}', ""],
    ]);
    expect(await writeAndParse([], "_fields=title")).toEqual([["id", "last_modified", "title"]]);
  });

  it("writes fields without a column to the last column", async () => {
    const late = Array.from({ length: 1001 }, (_, i) => ({ id: `r${i}`, ...(i === 1000 && { late: { field: 1 } }) }));
    const [head, ...rows] = await writeAndParse(late);
    expect([head, rows.length, rows.at(-1)]).toEqual([
      ["id", "last_modified", "_others"],
      1001,
      ["r1000", "", '{"late":{"field":1}}'],
    ]);

    const wide: JsonObject = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, i] as [string, Json]));
    const [columns = [], [...cells] = []] = await writeAndParse([wide]);
    expect([columns.length, columns.at(-1), Object.keys(JSON.parse(cells.at(-1) ?? "")).length]).toEqual([
      251,
      "_others",
      52,
    ]);
  });

  const keys = fc.constantFrom("a", "b", "a.b", "b.a", "a.b.a", "_others", "id", "", ".", "=x", "'=x", "__proto__");
  const json = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<Json>(1, null, "", "x", "=x", "'=x", "''+x", "+1", "'+1", true, [], [1, { a: 2 }]),
      tie("object"),
    ),
    object: fc.dictionary(keys, tie("value"), { maxKeys: 5 }) as fc.Arbitrary<JsonObject>,
  }));

  it("contains every value of the JSON response, whatever the names of the fields", async () => {
    const lists = fc.array(json.object, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lists, fc.option(fc.array(keys, { minLength: 1, maxLength: 3 })), async (entries, selected) => {
        const fields = selected?.filter((field) => field !== "");
        const query = new URLSearchParams(fields?.map((field): [string, string] => ["_fields", field])).toString();
        const shown = fields?.length ? entries.map(createProjection(fields)) : entries;
        const table = await writeAndParse(shown, query);
        expect(new Set(table[0]).size).toBe(table[0]?.length);
        expect(readValues(table)).toEqual(shown.map((entry) => listValues(entry)));
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(json.object, (object) => {
        expect(readValues(parse(writeRow({ data: object })))).toEqual([listValues(object)]);
      }),
    );
  });

  it("writes values whose column is taken to the last column", async () => {
    expect(await writeAndParse([{ "a.b": "flat", a: { b: "nested" } }])).toEqual([
      ["id", "last_modified", "a.b", "_others"],
      ["", "", "nested", '{"a.b":"flat"}'],
    ]);
    expect(await writeAndParse([{ a: { b: { c: 2 }, "b.c": 1 } }, { _others: "own" }])).toEqual([
      ["id", "last_modified", "a.b.c", "_others"],
      ["", "", "2", '{"a":{"b.c":1}}'],
      ["", "", "", '{"_others":"own"}'],
    ]);
    expect(await writeAndParse([{ author: "Bob" }, { author: { name: "Ada" } }], "_fields=author.name")).toEqual([
      ["id", "last_modified", "author.name", "_others"],
      ["", "", "", '{"author":"Bob"}'],
      ["", "", "Ada", ""],
    ]);
  });

  it("has the same columns for _fields given once and several times", async () => {
    await using store = await startTestStore({ plugins: [csv()] });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
    await store.put("/buckets/b/collections/c/records/r", { data: { title: "sea", n: 1, more: true } });
    const getTable = async (query: string) => {
      const { body } = await store.get(`/buckets/b/collections/c/records?${query}`, {
        headers: { accept: "text/csv" },
      });
      return parse(body).map(([id, , ...cells]) => [id, ...cells]);
    };
    for (const query of ["_fields=title,n", "_fields=title&_fields=n", "_fields=title&_fields=&_fields=n"])
      expect(await getTable(query)).toEqual([
        ["id", "title", "n"],
        ["r", "sea", "1"],
      ]);
    expect((await getTable("_fields=")).flat()).toContain("more");
  });

  it("writes one row for a response that is not a list", () => {
    expect(parse(writeRow({ permissions: { write: ["a"] }, data: { id: "x", title: "=1+1" } }))).toEqual([
      ["id", "title"],
      ["x", "'=1+1"],
    ]);
    expect(parse(writeRow({ code: 404, message: "Gone, or never there" }))).toEqual([
      ["code", "message"],
      ["404", "Gone, or never there"],
    ]);
    expect(parse(writeRow(5))).toEqual([["value"], ["5"]]);
  });
});
