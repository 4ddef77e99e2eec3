import { describe, expect, it } from "@jest/globals";
import type { Json, JsonObject } from "../../lib/json.ts";
import { writeDocument, writeList } from "../../plugins/xml/write.ts";
import fc from "../fast-check.ts";

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** Reads the XML of a document without comments, sections and entities of its own (https://www.w3.org/TR/xml/); throws at what is not well-formed. */
const parse = (source: string): Element => {
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!source.startsWith(declaration) || !source.endsWith("\n")) throw new Error("no declaration");
  const tokens = source.slice(declaration.length, -1).match(/<[^>]*>|[^<]+/g) ?? [];
  const top: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [top];
  for (const token of tokens) {
    const at = open.at(-1) as Element;
    if (!token.startsWith("<")) {
      at.text += plain(token);
      continue;
    }
    const [, closes, name = "", given = "", ends] =
      /^<(\/?)([A-Za-z_][\w.-]*)((?: [a-z]+="[^"<]*")*)(\/?)>$/.exec(token) ?? [];
    if (name === "" || /^xml/i.test(name)) throw new Error(`no tag: ${token}`);
    if (closes === "/") {
      if (open.pop()?.name !== name) throw new Error(`not opened: ${token}`);
      continue;
    }
    const attributes = Object.fromEntries(
      [...given.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, plain(value)]),
    );
    const element = { name, attributes, children: [], text: "" };
    at.children.push(element);
    if (ends !== "/") open.push(element);
  }
  const [root] = top.children;
  if (open.length !== 1 || root === undefined || top.children.length > 1 || top.text !== "")
    throw new Error("no single root");
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

const plain = (text: string): string => {
  // Characters that a document can hold: https://www.w3.org/TR/xml/#charsets
  if (!/^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u.test(text))
    throw new Error(`can't stand in XML: ${JSON.stringify(text)}`);
  return text.replace(/&([^;]*);?/g, (_, name: string) => {
    const meant = ENTITIES[name];
    if (meant === undefined) throw new Error(`no entity: ${name}`);
    return meant;
  });
};

/** The value that an element was written of. */
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

/** What XML can't hold, left out of texts and keys. */
const possible = (value: Json): Json => {
  if (typeof value === "string")
    return [...value]
      .filter((char) => /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]$/u.test(char))
      .join("");
  if (Array.isArray(value)) return value.map(possible);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [String(possible(key)), possible(inner)]));
};

const text = fc.oneof(
  fc.string({ unit: "binary" }),
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

const whole = async (entries: readonly JsonObject[]): Promise<string> => {
  const given = async function* () {
    yield* entries;
  };
  let written = "";
  for await (const part of writeList(given())) written += part;
  return written;
};

describe("what is written as XML", () => {
  it("parses back, but for what XML can't hold", () => {
    fc.assert(fc.property(json, (value) => expect(readValue(parse(writeDocument(value)))).toEqual(possible(value))));
  });

  it("is the same of a list, entry by entry", async () => {
    const entries = fc.array(
      fc.array(fc.tuple(key, json), { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs) as JsonObject),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(entries, async (data) =>
        expect(readValue(parse(await whole(data)))).toEqual(possible({ data })),
      ),
    );
  });

  it("has an element for each key", () => {
    expect(
      writeDocument({ title: "Ships & sails", size: 5, tags: ["a", true], none: null, deep: { er: {} }, "a b": "" }),
    ).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<response><title>Ships &amp; sails</title><size type="number">5</size>' +
        '<tags type="array"><item>a</item><item type="boolean">true</item></tags><none type="null"/><deep><er type="object"/></deep><field name="a b"/></response>\n',
    );
  });
});
