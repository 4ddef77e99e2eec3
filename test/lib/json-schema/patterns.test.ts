import { describe, expect, it } from "@jest/globals";
import { findSchemaIssue } from "../../../core/objects/check-schema.ts";
import { findDataIssue } from "../../../lib/json-schema/validate.ts";

describe("patterns are read as Kinto reads them", () => {
  it.each<[string, string[], string[]]>([
    ["b", ["abc"], ["ac"]],
    ["^\\w+$", ["josé_1", "日本"], ["a b", "a-b", ""]],
    ["^\\W+$", ["-–: "], ["_", "é"]],
    ["^[\\W]$", ["-", " "], ["_", "a"]],
    ["^[^\\W]$", ["é", "_"], ["-"]],
    ["^\\d+$", ["12", "١٢"], ["a"]],
    ["^\\D$", ["a"], ["1", "١"]],
    ["^\\s+$", [" \t\n\u00a0\u2003\u001c"], ["a"]],
    ["^[\\S]+$", ["aé-"], ["a b", "\u00a0"]],
    ["^[\\s\\S]{2}$", ["a ", "\n\n"], ["a"]],
    ["^[a-z[\\]]+$", ["a[b]"], ["(", "A"]],
    ["^[]a]+$", ["a]"], ["["]],
    ["^\\u00e9\\x41\\U0001F600$", ["éA😀"], ["eA😀"]],
    ["^.$", ["😀", "a"], ["ab", "\n"]],
    ["^(?P<year>\\d{4})-(?:0?[1-9])$", ["2024-02"], ["24-02"]],
    ["(?i)^É$", ["é"], ["e"]],
    ["(?u)^a(?#a comment)b$", ["ab"], ["a"]],
    ["^a{,2}$", ["", "aa"], ["aaa"]],
    ["^a{b}{$", ["a{b}{"], ["a"]],
    ["^\\Aa\\Z", ["a"], ["ab"]],
    ["^\\/\\-\\_\\\\$", ["/-_\\"], ["/"]],
    ["^\\0\\101$", ["\0A"], ["A"]],
    ["\\bfoo\\b", ["a foo"], ["food"]],
    ["a|^$", ["", "ba"], ["b"]],
  ])("%s", async (pattern, matching, others) => {
    expect(await findSchemaIssue({ pattern })).toBeUndefined();
    for (const text of matching) expect([text, await findDataIssue({ pattern }, text)]).toEqual([text, undefined]);
    for (const text of others)
      expect([text, await findDataIssue({ pattern }, text)]).toEqual([text, expect.anything()]);
  });

  it.each([
    "[",
    "(",
    ")",
    "a**",
    "\\p{L}",
    "\\q",
    "(?<n>a)",
    "*a",
    "[a-\\d]",
    "[\\w-z]",
    "a(?i)b",
    "\\",
    "[\\A]",
    "(?P<n",
    "a{2,1}",
  ])("what is none is refused as Kinto refuses it: %s", async (pattern) => {
    const quoted = `'${pattern.replaceAll("\\", "\\\\")}'`;
    expect(await findSchemaIssue({ pattern })).toBe(`pattern${quoted} is not a 'regex'`);
    expect(await findSchemaIssue({ patternProperties: { [pattern]: {} } })).toMatch(/^patternProperties/);
  });

  it.each([
    "(?=a)",
    "(?!a)",
    "(?<=a)b",
    "(?<!a)b",
    "(a)\\1",
    "(?P<n>a)(?P=n)",
    "(?>a)",
    "a++",
    "(?(1)a|b)",
    "(?x) a",
    "(?a)\\w",
    "a{1001}",
    "(a{100}){100}",
    "\\N{DIGIT ONE}",
  ])("what cannot be run in linear time is refused when the schema is stored: %s", async (pattern) => {
    expect(await findSchemaIssue({ properties: { a: { pattern } } })).toMatch(
      /^pattern.* cannot be checked in bounded time: it has /,
    );
  });

  it("two patterns of one schema are two", async () => {
    const schema = { patternProperties: { "^a": { type: "string" }, "^b": { type: "number" } } };
    expect(await findDataIssue(schema, { a: "", b: 1 })).toBeUndefined();
    expect(await findDataIssue(schema, { a: 1, b: 1 })).toMatchObject({ name: "a" });
    expect(await findDataIssue(schema, { a: "", b: "" })).toMatchObject({ name: "b" });
  });
});
