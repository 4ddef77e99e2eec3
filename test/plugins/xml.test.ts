import { describe, expect, it } from "@jest/globals";
import type { Json, JsonObject } from "../../lib/json.ts";
import { writeDocument, writeList } from "../../plugins/xml/write.ts";
import fc, { codePoint } from "../fast-check.ts";

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/**
 * Parses a document without comments, sections and own entities. Throws if it is not well-formed.
 * https://www.w3.org/TR/xml/
 */
const parse = (source: string): Element => {
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!source.startsWith(declaration) || !source.endsWith("\n")) throw new Error("the declaration is missing");
  const tokens = source.slice(declaration.length, -1).match(/<[^>]*>|[^<]+/g) ?? [];
  const top: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [top];
  for (const token of tokens) {
    const at = open.at(-1) as Element;
    if (!token.startsWith("<")) {
      at.text += decodeEntities(token);
      continue;
    }
    const [, closes, name = "", attributeText = "", ends] =
      /^<(\/?)([A-Za-z_][\w.-]*)((?: [a-z]+="[^"<]*")*)(\/?)>$/.exec(token) ?? [];
    if (name === "" || /^xml/i.test(name)) throw new Error(`invalid tag: ${token}`);
    if (closes === "/") {
      if (open.pop()?.name !== name) throw new Error(`unexpected end tag: ${token}`);
      continue;
    }
    const attributes = Object.fromEntries(
      [...attributeText.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [
        key,
        decodeEntities(value),
      ]),
    );
    const element = { name, attributes, children: [], text: "" };
    at.children.push(element);
    if (ends !== "/") open.push(element);
  }
  const [root] = top.children;
  if (open.length !== 1 || root === undefined || top.children.length > 1 || top.text !== "")
    throw new Error("there is not exactly one root");
  return root;
};

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  "#9": "\t",
  "#10": "\n",
  "#13": "\r",
};

const decodeEntities = (text: string): string => {
  // Characters that a document can contain: https://www.w3.org/TR/xml/#charsets
  if (!/^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u.test(text))
    throw new Error(`can't stand in XML: ${JSON.stringify(text)}`);
  return text.replace(/&([^;]*);?/g, (_, name: string) => {
    const character = ENTITIES[name];
    if (character === undefined) throw new Error(`unknown entity: ${name}`);
    return character;
  });
};

/** The value of an element. */
const readValue = ({ attributes, children, text }: Element): Json => {
  switch (attributes.type ?? (children.length > 0 ? "object" : "string")) {
    case "null":
      return null;
    case "number":
    case "boolean":
      return JSON.parse(text);
    case "array":
      return children.map(readValue);
    case "object":
      return Object.fromEntries(children.map((child) => [child.attributes.name ?? child.name, readValue(child)]));
    default:
      return text;
  }
};

/** Removes characters that XML cannot contain from strings and keys. */
const sanitize = (value: Json): Json => {
  if (typeof value === "string")
    return [...value]
      .filter((char) => /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]$/u.test(char))
      .join("");
  if (Array.isArray(value)) return value.map(sanitize);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [String(sanitize(key)), sanitize(inner)]));
};

const text = fc.oneof(
  fc.string({ unit: codePoint }),
  fc.string({ unit: fc.constantFrom(..."<>&\"'\r\n\t ;]=-!?/\u0000\u001f\ufffe\ud800\udc00ax".split("")) }),
);
const key = fc.oneof(
  text,
  fc.constantFrom("a", "field", "item", "xml", "XMLa", "__proto__", "a b", "1a", "é", "a:b", ""),
);
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    text,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs) as JsonObject),
  ),
})).value;

const writeWhole = async (entries: readonly JsonObject[]): Promise<string> => {
  const iterate = async function* () {
    yield* entries;
  };
  let written = "";
  for await (const part of writeList(iterate())) written += part;
  return written;
};

describe("xml", () => {
  it("writes documents that parse back, except characters that XML cannot contain", () => {
    fc.assert(fc.property(json, (value) => expect(readValue(parse(writeDocument(value)))).toEqual(sanitize(value))));
  });

  it("writes a list entry by entry as it writes a whole document", async () => {
    const entries = fc.array(
      fc.array(fc.tuple(key, json), { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs) as JsonObject),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(entries, async (data) =>
        expect(readValue(parse(await writeWhole(data)))).toEqual(sanitize({ data })),
      ),
    );
  });

  it("writes an element for each key", () => {
    expect(
      writeDocument({ title: "Ships & sails", size: 5, tags: ["a", true], none: null, deep: { er: {} }, "a b": "" }),
    ).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<response><title>Ships &amp; sails</title><size type="number">5</size>' +
        '<tags type="array"><item>a</item><item type="boolean">true</item></tags><none type="null"/><deep><er type="object"/></deep><field name="a b"/></response>\n',
    );
  });
});
