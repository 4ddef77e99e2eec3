import * as z from "zod";
import { UserError } from "../../config/user-error.ts";
import type { TallyReport } from "../../core/transfer/tally.ts";
import { isObject, type JsonObject, parseJson } from "../../lib/json.ts";
import { isNestedDeeper, MAX_NESTING } from "../../lib/nesting.ts";

/** The format of export files. A file of a newer format is refused. */
export const FORMAT = 1;

/** Maximum length of a line in characters: the largest object with its permissions, or a part of a file. */
export const MAX_LINE_CHARS = 4_000_000;

const uri = z.string().max(2000);
const time = z.int().min(0);
const acl = z.record(z.string(), z.array(z.string()));
const checksum = z.string().regex(/^[0-9a-f]{1,64}$/);
const object = z
  .custom<JsonObject>(isObject)
  .refine((value) => !isNestedDeeper(value), `it has more than ${MAX_NESTING} levels of arrays and objects`);

/** The header of a later format, which may have further fields. */
const laterHeader = z.object({ kintoun_export: z.int().min(FORMAT + 1), version: z.string().max(50) });

const header = z.strictObject({
  kintoun_export: z.int().min(1),
  version: z.string(),
  store: z.string(),
  exported: z.string(),
  /** The ids of the buckets that were chosen. */
  buckets: z.array(z.string()).exactOptional(),
});

const part = z.strictObject({
  extra: object.exactOptional(),
  file: z.strictObject({ bytes: time, sha256: z.string().regex(/^[0-9a-f]{64}$/) }).exactOptional(),
});

const objectLine = z.strictObject({
  object: uri,
  /** A `last_modified` that is missing is the present. */
  data: object,
  /** Missing permissions stay as they are. */
  permissions: acl.exactOptional(),
  user: z.string(),
  /** What plugins add, by plugin. The content of files follows in further lines. */
  plugins: z.record(z.string(), part).exactOptional(),
});

const tombstoneLine = z.strictObject({ tombstone: uri, last_modified: time, user: z.string() });

/** A part of a file of the object before it. */
const contentLine = z.strictObject({ content: z.base64(), plugin: z.string() });

/** The end of a list. */
const listLine = z.strictObject({
  list: uri,
  objects: time,
  tombstones: time,
  checksum,
  tombstone_checksum: checksum,
});

/** An entry of a bucket's history. */
const versionLine = z.strictObject({
  version: uri,
  revision: time,
  action: z.enum(["create", "update", "delete"]),
  user: z.string(),
  date: z.number(),
  last_modified: time,
  replaced: z.strictObject({ revision: time, existed: z.boolean() }),
  /** Data of deletions may be unknown: then it is that of the version before. */
  data: object.nullable(),
  permissions: acl,
  /** The generation of its parent, if that has ended. */
  parent: z.string().exactOptional(),
  /** Its own generation, if it has children; `true` if it is the present one. */
  own: z.union([z.string(), z.literal(true)]).exactOptional(),
});

/** A value that user ids depend on. */
const secretLine = z.strictObject({ secret: z.enum(["userid_hmac_secret"]), value: z.string().min(1).max(1000) });

const endLine = z.strictObject({
  end: z.strictObject({ objects: time, tombstones: time, versions: time, files: time }),
});

export type Header = z.output<typeof header>;
export type ObjectLine = z.output<typeof objectLine>;
export type TombstoneLine = z.output<typeof tombstoneLine>;
export type ContentLine = z.output<typeof contentLine>;
export type ListLine = z.output<typeof listLine> & TallyReport;
export type VersionLine = z.output<typeof versionLine>;
export type SecretLine = z.output<typeof secretLine>;
export type EndLine = z.output<typeof endLine>;
export type Line = Header | ObjectLine | TombstoneLine | ContentLine | ListLine | VersionLine | SecretLine | EndLine;

/** Kinds of lines by the field that only they have. */
const KINDS = {
  kintoun_export: header,
  object: objectLine,
  tombstone: tombstoneLine,
  content: contentLine,
  list: listLine,
  version: versionLine,
  secret: secretLine,
  end: endLine,
} as const;

/** Parses a line of an export. Throws an Error that says what is wrong, for a later format a {@link UserError}. */
export const parseLine = (text: string): Line => {
  if (text.length > MAX_LINE_CHARS) throw new Error(`it has more than ${MAX_LINE_CHARS} characters`);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw new Error("it is not JSON");
  }
  if (typeof value !== "object" || value === null) throw new Error("it is not a JSON object");
  // `version` is also a field of the header.
  const kind = (Object.keys(KINDS) as (keyof typeof KINDS)[]).find((name) => Object.hasOwn(value, name));
  if (kind === undefined) throw new Error("it has none of the fields of an export");
  const later = laterHeader.safeParse(value).data;
  if (later !== undefined)
    throw new UserError([
      `the file has format ${later.kintoun_export}. Import it with Kintoun ${later.version} or later.`,
    ]);
  const parsed = KINDS[kind].safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error([issue?.path.join(".") ?? "", issue?.message ?? "is wrong"].filter((text) => text !== "").join(": "));
};
