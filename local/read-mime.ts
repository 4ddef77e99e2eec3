/** A mail as people read it. */
export interface ReadableMail {
  /** Fields of its header, in lower case, in their order. */
  readonly names: readonly string[];
  /** A field, decoded; `undefined` when there is none. */
  header(name: string): string | undefined;
  readonly text: string | undefined;
  readonly html: string | undefined;
  /** How many parts it has that hold something. */
  readonly parts: number;
}

/** Parts within parts that are looked into. */
const DEEPEST = 5;

/** Reads a mail (RFC 2045 to 2047), as far as mailers write such ones: never throws, whatever it is. */
export const readMime = (raw: string): ReadableMail => {
  const { fields, body } = split(raw);
  const leaves = leavesOf(fields, body, 0);
  return {
    names: fields.map(([name]) => name),
    header: (name) =>
      fieldOf(fields, name)
        ?.replace(/(=\?[\w-]+\?[QB]\?[^?]*\?=)\s+(?==\?)/gi, "$1")
        .replace(/=\?[\w-]+\?([QB])\?([^?]*)\?=/gi, decodedWord),
    text: leaves.find(({ type }) => type === "text/plain")?.text,
    html: leaves.find(({ type }) => type === "text/html")?.text,
    parts: leaves.length,
  };
};

type Fields = readonly (readonly [name: string, value: string])[];

const split = (raw: string): { fields: Fields; body: string } => {
  const end = /\r?\n\r?\n/.exec(raw);
  const header = end === null ? raw : raw.slice(0, end.index);
  const fields = header
    .replace(/\r?\n[ \t]+/g, " ")
    .split(/\r?\n/)
    .map((line): readonly [string, string] => [
      line.slice(0, Math.max(line.indexOf(":"), 0)).toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ]);
  return { fields, body: end === null ? "" : raw.slice(end.index + end[0].length) };
};

const fieldOf = (fields: Fields, name: string): string | undefined => fields.find(([one]) => one === name)?.[1];

const leavesOf = (
  fields: Fields,
  body: string,
  depth: number,
): readonly { readonly type: string; readonly text: string }[] => {
  const content = fieldOf(fields, "content-type") ?? "text/plain";
  const type = (content.split(";", 1)[0] ?? "").trim().toLowerCase();
  const boundary = /;\s*boundary="?([^";]{1,100})"?/i.exec(content)?.[1];
  if (!type.startsWith("multipart/") || boundary === undefined || depth > DEEPEST)
    return [{ type, text: decoded(body, fieldOf(fields, "content-transfer-encoding")) }];
  const [, ...parts] = `\n${body}`.split(`\n--${boundary}`);
  return parts
    .filter((part) => !part.startsWith("--"))
    .flatMap((part) => {
      const inner = split(part.replace(/^\r?\n/, ""));
      return leavesOf(inner.fields, inner.body, depth + 1);
    });
};

const decoded = (body: string, encoding = "7bit"): string => {
  if (/base64/i.test(encoding)) return Buffer.from(body, "base64").toString("utf8");
  return /quoted-printable/i.test(encoding) ? unquoted(body.replace(/=\r?\n/g, "")) : body;
};

const decodedWord = (_: string, encoding: string, text: string): string =>
  encoding.toUpperCase() === "B" ? Buffer.from(text, "base64").toString("utf8") : unquoted(text.replaceAll("_", " "));

/** Bytes written as `=C3`, as UTF-8. */
const unquoted = (text: string): string =>
  text.replace(/(?:=[\da-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("=", ""), "hex").toString("utf8"));
