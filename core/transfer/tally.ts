import { createHash } from "node:crypto";
import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { compareTexts } from "../../lib/util/compare-texts.ts";
import { pluginUserId } from "../permissions/principals.ts";
import type { Acl } from "../ports/store.ts";
import type { Version } from "../ports/versions.ts";

/** An object or tombstone as it is compared between stores. */
export interface TalliedEntry {
  readonly id: string;
  readonly last_modified: number;
  /** `undefined` for a tombstone. */
  readonly data: JsonObject | undefined;
  readonly permissions: Acl;
  /** What the plugin of the resource adds. */
  readonly extra?: JsonObject | undefined;
}

/** The content of a list in numbers. Checksums do not depend on the order of entries. */
export interface TallyReport {
  readonly objects: number;
  readonly tombstones: number;
  /** Of the objects, in hex. */
  readonly checksum: string;
  /** Of the tombstones, in hex. */
  readonly tombstone_checksum: string;
}

const HEX_DIGITS = 32;
const MODULUS = 1n << BigInt(4 * HEX_DIGITS);

/** Counts the entries of a list, and sums up their digests, so that lists of any length compare in constant memory. */
export class Tally {
  #objects: number;
  #tombstones: number;
  #sum: bigint;
  #tombstoneSum: bigint;

  /** @param report of the entries so far */
  constructor(report?: TallyReport) {
    this.#objects = report?.objects ?? 0;
    this.#tombstones = report?.tombstones ?? 0;
    this.#sum = BigInt(`0x${report?.checksum ?? "0"}`);
    this.#tombstoneSum = BigInt(`0x${report?.tombstone_checksum ?? "0"}`);
  }

  add(entry: TalliedEntry): void {
    const digest = BigInt(`0x${digestEntry(entry)}`);
    if (entry.data === undefined) {
      this.#tombstones++;
      this.#tombstoneSum = (this.#tombstoneSum + digest) % MODULUS;
    } else {
      this.#objects++;
      this.#sum = (this.#sum + digest) % MODULUS;
    }
  }

  get report(): TallyReport {
    return {
      objects: this.#objects,
      tombstones: this.#tombstones,
      checksum: toHex(this.#sum),
      tombstone_checksum: toHex(this.#tombstoneSum),
    };
  }
}

/** The user of the entries that an import adds to histories. */
export const IMPORT_USER = pluginUserId("import");

/** Counts an entry of a bucket's history, without what a store chooses itself. Those of imports do not count. */
export const addVersion = (tally: Tally, version: ComparedVersion): void => {
  if (version.user !== IMPORT_USER) tally.add(toTalliedVersion(version));
};

type ComparedVersion = Pick<Version, "uri" | "action" | "user" | "date" | "last_modified" | "acl">;

const toTalliedVersion = ({ uri, action, user, date, last_modified, acl }: ComparedVersion): TalliedEntry => ({
  id: `${uri}@${date}`,
  last_modified,
  data: { action, user },
  permissions: action === "delete" ? {} : acl,
});

const toHex = (value: bigint): string => value.toString(16).padStart(HEX_DIGITS, "0");

/** Returns the digest of an entry in hex. It does not depend on the order of fields and principals. */
export const digestEntry = ({ id, last_modified, data, permissions, extra }: TalliedEntry): string => {
  const acl = Object.fromEntries(
    Object.entries(permissions).flatMap(([name, principals]) =>
      principals.length === 0 ? [] : [[name, [...new Set(principals)].sort(compareTexts)]],
    ),
  );
  const parts: Json[] =
    data === undefined
      ? [id, last_modified]
      : [id, last_modified, { ...data, id, last_modified }, acl, ...(extra === undefined ? [] : [extra])];
  return createHash("sha256")
    .update(JSON.stringify(sortKeys(parts)))
    .digest("hex")
    .slice(0, HEX_DIGITS);
};

/** Sorts the keys of all objects. Recursion is safe: stored data has a maximum depth. */
const sortKeys = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => compareTexts(a, b));
  return Object.fromEntries(sorted.map(([key, item]) => [key, sortKeys(item)]));
};
