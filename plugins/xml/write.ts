import type { Json, JsonObject } from "@kintoun/kit";

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Writes a document whose root is `response`. */
export const writeDocument = (body: Json): string => `${DECLARATION}${formatElement("response", body)}\n`;

/** Writes a list entry by entry, as {@link writeDocument} writes `{ data: [...] }`. */
export async function* writeList(entries: AsyncIterable<JsonObject>): AsyncGenerator<string> {
  yield `${DECLARATION}<response><data type="array">`;
  for await (const entry of entries) yield formatElement("item", entry);
  yield "</data></response>\n";
}

/** An element for a value. It has a `type` unless the value is a string or a non-empty object. */
const formatElement = (name: string, value: Json): string => {
  const [tag, attributes] = isElementName(name) ? [name, ""] : ["field", ` name="${escapeXml(name)}"`];
  const format = (type: string, content: string): string => {
    const start = `<${tag}${attributes}${type === "" ? "" : ` type="${type}"`}`;
    return content === "" ? `${start}/>` : `${start}>${content}</${tag}>`;
  };
  if (value === null) return format("null", "");
  if (Array.isArray(value)) return format("array", value.map((item) => formatElement("item", item)).join(""));
  if (typeof value === "object") {
    const content = Object.entries(value).map(([key, inner]) => formatElement(key, inner));
    return format(content.length === 0 ? "object" : "", content.join(""));
  }
  if (typeof value === "string") return format("", escapeXml(value));
  return format(typeof value === "boolean" ? "boolean" : "number", String(value));
};

/** Whether a key is usable as an element name. Other keys become `<field name="…">`. */
const isElementName = (key: string): boolean =>
  /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(key) && !/^xml/i.test(key) && key !== "field";

/** Characters that XML 1.0 cannot contain, not even escaped: https://www.w3.org/TR/xml/#charsets */
const FORBIDDEN_CHARACTERS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression matches control characters
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

const escapeXml = (text: string): string =>
  text.replace(FORBIDDEN_CHARACTERS, "").replace(/[&<>"\t\n\r]/g, (char) => ESCAPES[char] ?? "");
