import * as z from "zod";

/**
 * Extensions by the name of their group, as in kinto-attachment. `any` allows all files, also those without an extension.
 */
const EXTENSION_GROUPS: Readonly<Record<string, readonly string[]>> = {
  documents: ["pdf", "rtf", "odf", "ods", "gnumeric", "abw", "doc", "docx", "xls", "xlsx"],
  text: ["txt"],
  images: ["jpg", "jpe", "jpeg", "png", "gif", "svg", "bmp", "tiff"],
  audio: ["wav", "mp3", "aac", "ogg", "oga", "flac"],
  video: ["mpeg", "3gp", "avi", "divx", "dvr", "flv", "mp4", "wmv"],
  data: ["csv", "ini", "json", "plist", "xml", "yaml", "yml"],
  scripts: ["js", "php", "pl", "py", "rb", "sh"],
  archives: ["gz", "bz2", "zip", "tar", "tgz", "txz", "7z"],
  executables: ["so", "exe", "dll"],
  any: [],
};
const DEFAULT_GROUPS = ["documents", "text", "images", "data"];

/** The most that S3 takes in one upload, 5 GB. */
const MAX_BYTES = 5 * 1024 ** 3;
const MAX_THUMBNAIL_PIXELS = 2000;
const MAX_THUMBNAIL_SIZES = 5;

const folder = z
  .string()
  .max(200)
  .regex(
    /^$|^(?:[A-Za-z0-9_-]|\{bucket_id\}|\{collection_id\})+(?:\/(?:[A-Za-z0-9_-]|\{bucket_id\}|\{collection_id\})+)*$/,
    "A folder has letters, digits, _, -, / and the placeholders {bucket_id} and {collection_id}.",
  );
const extensions = z
  .string()
  .regex(/^[a-z0-9]+(?:[+ ][a-z0-9]+)*$/, "Groups and extensions, for example 'images+pdf'.");
const mimetypes = z.record(
  z.string().regex(/^\.[a-z0-9]+$/, "An extension in lower case, for example '.ftl'."),
  z.string().regex(/^[\w.+-]+\/[\w.+-]+$/, "A media type, for example 'application/vnd.fluent'."),
);

/** What a bucket or a collection may have otherwise. */
const overridable = {
  folder: folder.optional(),
  randomize: z.boolean().optional(),
  keepOldFiles: z.boolean().optional(),
  gzipped: z.boolean().optional(),
  extensions: extensions.optional(),
  mimetypes: mimetypes.optional(),
  maxBytes: z.int().min(1).max(MAX_BYTES).optional(),
};

export const options = z
  .strictObject({
    ...overridable,
    baseUrl: z
      .string()
      .regex(/^(?:https?:\/\/[^\s?#]+|\/[^\s?#]*)?\/$|^$/, "A URL or path that ends in '/', or ''.")
      .default("/v1/attachments/"),
    extraBaseUrl: z.url().optional(),
    thumbnails: z
      .array(z.string().regex(/^[1-9]\d{0,3}x[1-9]\d{0,3}$/, "A width and a height, for example '200x200'."))
      .max(MAX_THUMBNAIL_SIZES)
      .refine(
        (sizes) => sizes.every((size) => size.split("x").every((pixels) => Number(pixels) <= MAX_THUMBNAIL_PIXELS)),
        `At most ${MAX_THUMBNAIL_PIXELS} pixels wide and high.`,
      )
      .default(["200x200"]),
    resources: z
      .record(
        z.string().regex(/^[\w-]+(?:\/[\w-]+)?$/, "A bucket, or a bucket and a collection: 'blog' or 'blog/articles'."),
        z.strictObject(overridable),
      )
      .default({}),
  })
  .prefault({});

export type Options = z.output<typeof options>;

/** Whether files stay in some collection when no record names them any more. */
export const keepsOldFiles = ({ keepOldFiles, resources }: Options): boolean =>
  keepOldFiles === true || Object.values(resources).some((own) => own.keepOldFiles);

/** The options that hold in a collection. */
export interface Settings {
  readonly folder: string;
  readonly randomize: boolean;
  readonly keepOldFiles: boolean;
  readonly gzipped: boolean;
  readonly extensions: ReadonlySet<string>;
  readonly mimetypes: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

export interface CollectionIds {
  readonly bucket: string;
  readonly collection: string;
}

/** Reads the options of a collection: its own, those of its bucket, and the general ones. */
export const readSettings = (config: Options, { bucket, collection }: CollectionIds): Settings => {
  const own = (name: string) => (Object.hasOwn(config.resources, name) ? config.resources[name] : undefined);
  const all = { ...config, ...own(bucket), ...own(`${bucket}/${collection}`) };
  const { folder = "", randomize = true, keepOldFiles = false, gzipped = false, maxBytes = MAX_BYTES } = all;
  return {
    folder: folder.replaceAll("{bucket_id}", bucket).replaceAll("{collection_id}", collection),
    randomize,
    keepOldFiles,
    gzipped,
    extensions: readExtensions(all.extensions ?? "default"),
    mimetypes: all.mimetypes ?? {},
    maxBytes,
  };
};

/** The allowed extensions; all if there are none. */
const readExtensions = (text: string): ReadonlySet<string> => {
  const groups = text.split(/[+ ]/).flatMap((name) => (name === "default" ? DEFAULT_GROUPS : [name]));
  if (groups.includes("any")) return new Set();
  return new Set(
    groups.flatMap((name) => (Object.hasOwn(EXTENSION_GROUPS, name) ? (EXTENSION_GROUPS[name] ?? []) : [name])),
  );
};
