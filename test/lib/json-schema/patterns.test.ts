import { describe, expect, it } from "@jest/globals";
import { SchemaError } from "../../../lib/json-schema/limits.ts";
import { checkSchema, compileSchema, validate } from "../../../lib/json-schema/validate.ts";

describe("a pattern", () => {
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
  ])("matches as in Python: %s", async (pattern, matching, others) => {
    const schema = await compileSchema({ pattern });
    for (const text of matching) expect([text, schema.validate(text)]).toEqual([text, undefined]);
    for (const text of others) expect([text, schema.validate(text)]).toEqual([text, expect.anything()]);
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
  ])("is refused with the message of Python's jsonschema where its syntax is invalid: %s", async (pattern) => {
    const message = `'${pattern.replaceAll("\\", "\\\\")}' is not a 'regex'`;
    expect(await checkSchema({ pattern }, "7")).toMatchObject({ path: ["pattern"], message });
    expect(await checkSchema({ patternProperties: { [pattern]: {} } }, "7")).toMatchObject({
      path: ["patternProperties"],
      message,
    });
    await expect(compileSchema({ pattern })).rejects.toThrow(message);
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
  ])("is refused when the schema is compiled if it cannot run in linear time: %s", async (pattern) => {
    const schema = { properties: { a: { pattern } } };
    const message = /cannot be checked in bounded time: it has /;
    expect(await checkSchema(schema, "7")).toMatchObject({ message: expect.stringMatching(message) });
    await expect(compileSchema(schema)).rejects.toThrow(SchemaError);
    await expect(compileSchema(schema)).rejects.toThrow(message);
  });

  it("is independent of other patterns of its schema", async () => {
    const schema = { patternProperties: { "^a": { type: "string" }, "^b": { type: "number" } } };
    expect(await validate(schema, { a: "", b: 1 })).toBeUndefined();
    expect(await validate(schema, { a: 1, b: 1 })).toMatchObject({ path: ["a"] });
    expect(await validate(schema, { a: "", b: "" })).toMatchObject({ path: ["b"] });
  });
});
