import { pathOf } from "../../lib/api.ts";

export type Kind = "bucket" | "group" | "collection" | "record";

/** An object of the store, by the ids in its path. */
export interface ObjectRef {
  readonly kind: Kind;
  readonly id: string;
  readonly bucket: string;
  readonly collection?: string;
}

/** Reads the parts of an address: `[bucket, "collections", collection, "records", record]`. */
export const parseObjectRef = ([bucket, list, id, records, record, ...rest]: readonly string[]):
  | ObjectRef
  | undefined => {
  if (bucket === undefined || rest.length > 0) return undefined;
  if (list === undefined) return { kind: "bucket", id: bucket, bucket };
  if (id === undefined) return undefined;
  if (list === "groups" && records === undefined) return { kind: "group", id, bucket };
  if (list !== "collections") return undefined;
  if (records === undefined) return { kind: "collection", id, bucket };
  return records === "records" && record !== undefined
    ? { kind: "record", id: record, bucket, collection: id }
    : undefined;
};

/** The parts of the address in the console, and of the path behind `/buckets`. */
export const toParts = ({ kind, id, bucket, collection = "" }: ObjectRef): readonly string[] => {
  switch (kind) {
    case "bucket":
      return [bucket];
    case "record":
      return [bucket, "collections", collection, "records", id];
    default:
      return [bucket, `${kind}s`, id];
  }
};

/** The path in the API, such as `/buckets/blog/collections/posts`. */
export const toPath = (ref: ObjectRef): string => pathOf("buckets", ...toParts(ref));

/** The object that this one is in. */
export const toParent = ({ kind, bucket, collection = "" }: ObjectRef): ObjectRef | undefined => {
  if (kind === "bucket") return undefined;
  return kind === "record" ? { kind: "collection", id: collection, bucket } : { kind: "bucket", id: bucket, bucket };
};

/** The data of any object. */
export interface ObjectData {
  readonly id: string;
  readonly last_modified: number;
  readonly [field: string]: unknown;
}

export type Permissions = Readonly<Record<string, readonly string[]>>;

export interface StoredObject {
  readonly data: ObjectData;
  readonly permissions: Permissions;
}

/** The permissions that an object of a kind may grant. */
export const PERMISSIONS: Readonly<Record<Kind, readonly string[]>> = {
  bucket: ["read", "write", "collection:create", "group:create"],
  group: ["read", "write"],
  collection: ["read", "write", "record:create"],
  record: ["read", "write"],
};
