import { describe, expect, it } from "@jest/globals";
import type { Json, JsonObject } from "../../lib/json.ts";
import { writeRow, writeTable } from "../../plugins/csv/write.ts";
import fc from "../fast-check.ts";

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
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."=+-@,;\"'\r\n\t 1aé".split("")) }),
);
const escapeFormula = (value: string): string =>
  FORMULA.test(value) && !/^[+-]?\d{1,20}(\.\d{1,20})?$/.test(value) ? `'${value}` : value;

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
      ["r1000", "", '{"late.field":1}'],
    ]);

    const wide: JsonObject = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, i] as [string, Json]));
    const [columns = [], [...cells] = []] = await writeAndParse([wide]);
    expect([columns.length, columns.at(-1), Object.keys(JSON.parse(cells.at(-1) ?? "")).length]).toEqual([
      251,
      "_others",
      52,
    ]);
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
