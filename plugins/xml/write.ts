import type { Json, JsonObject } from "@kintoun/kit";

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** A document whose root is called `response`. */
export const writeDocument = (body: Json): string => `${DECLARATION}${element("response", body)}\n`;

/** The document of a list, as {@link writeDocument} writes `{ data: [...] }`, entry by entry. */
export async function* writeList(entries: AsyncIterable<JsonObject>): AsyncGenerator<string> {
  yield `${DECLARATION}<response><data type="array">`;
  for await (const entry of entries) yield element("item", entry);
  yield "</data></response>\n";
}

/** An element of a value: `type` says what it is, unless it is a text, or an object with something in it. */
const element = (name: string, value: Json): string => {
  const [tag, attributes] = isName(name) ? [name, ""] : ["field", ` name="${escaped(name)}"`];
  const whole = (type: string, content: string): string => {
    const start = `<${tag}${attributes}${type === "" ? "" : ` type="${type}"`}`;
    return content === "" ? `${start}/>` : `${start}>${content}</${tag}>`;
  };
  if (value === null) return whole("null", "");
  if (Array.isArray(value)) return whole("array", value.map((item) => element("item", item)).join(""));
  if (typeof value === "object") {
    const content = Object.entries(value).map(([key, inner]) => element(key, inner));
    return whole(content.length === 0 ? "object" : "", content.join(""));
  }
  return typeof value === "string" ? whole("", escaped(value)) : whole(typeof value, String(value));
};

/** Whether a key can be an element's name as it stands; `field` stands for the others. */
const isName = (key: string): boolean =>
  /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(key) && !/^xml/i.test(key) && key !== "field";

/** What no XML 1.0 document can hold, however it is written (https://www.w3.org/TR/xml/#charsets). */
const IMPOSSIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

const escaped = (text: string): string =>
  text.replace(IMPOSSIBLE, "").replace(/[&<>"\t\n\r]/g, (char) => ESCAPES[char] ?? "");
