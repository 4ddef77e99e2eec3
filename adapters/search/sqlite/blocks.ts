import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Json } from "../../../lib/json.ts";
import { type IndexFile, UnusableFileError } from "./index-file.ts";

/** What blocks hold: documents by their number, and values and words of a field by theirs. */
const KINDS = { document: 0, value: 1, word: 2 } as const;
export type BlockKind = keyof typeof KINDS;

/** Items of a block: few enough to be written again for one change, and enough to be compressed well. */
export const BLOCK_SIZE = 128;

/** Maximum number of fields, and of blocks of a field. */
const MAX_FIELDS = 2 ** 20;
const MAX_BLOCKS = 2 ** 24;

const blockId = (kind: BlockKind, field: number, block: number): number => {
  if (field >= MAX_FIELDS || block >= MAX_BLOCKS)
    throw new Error("The collection has more fields or records than an embedded index has. Use OpenSearch");
  return (KINDS[kind] * MAX_FIELDS + field) * MAX_BLOCKS + block;
};

/**
 * Numbered lists in a file, in blocks, which are compressed unless they are short. Reads of whole lists take few rows. Changes are collected, and written
 * once per block by `flush`.
 */
export class Blocks {
  readonly #file: IndexFile;
  readonly #changed = new Map<number, () => readonly Json[]>();

  constructor(file: IndexFile) {
    this.#file = file;
  }

  /** All items of a list, in order. */
  *readAll(kind: BlockKind, field: number): Generator<Json> {
    const rows = this.#file.iterate(
      "select data from block where id between ? and ? order by id",
      blockId(kind, field, 0),
      blockId(kind, field, MAX_BLOCKS - 1),
    );
    for (const { data } of rows) yield* unpack(data);
  }

  /** All items of all lists of a kind, block by block. */
  *readKind(kind: BlockKind): Generator<{ readonly field: number; readonly items: readonly Json[] }> {
    const rows = this.#file.iterate(
      "select id, data from block where id between ? and ? order by id",
      blockId(kind, 0, 0),
      blockId(kind, MAX_FIELDS - 1, MAX_BLOCKS - 1),
    );
    for (const { id, data } of rows)
      yield { field: Math.floor(Number(id) / MAX_BLOCKS) % MAX_FIELDS, items: unpack(data) };
  }

  /** The items of a block; none if it does not exist. */
  read(kind: BlockKind, field: number, block: number): Json[] {
    const data = this.#file.get("select data from block where id = ?", blockId(kind, field, block))?.data;
    return data === undefined ? [] : unpack(data);
  }

  /** Marks the block of an item as changed. @param items returns the items of the block when they are written */
  markChanged(
    kind: BlockKind,
    field: number,
    item: number,
    items: (start: number, end: number) => readonly Json[],
  ): void {
    const block = Math.floor(item / BLOCK_SIZE);
    this.#changed.set(blockId(kind, field, block), () => items(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE));
  }

  /** Writes all changed blocks. */
  flush(): void {
    for (const [id, items] of this.#changed)
      this.#file.run("insert or replace into block (id, data) values (?, ?)", id, pack(items()));
    this.#changed.clear();
  }
}

/** Length of the shortest text that is compressed. Shorter ones get hardly smaller, and take most of the time. */
const MIN_PACKED_UNITS = 200;

const pack = (items: readonly Json[]): string | Uint8Array => {
  const text = JSON.stringify(items);
  return text.length < MIN_PACKED_UNITS ? text : zstdCompressSync(text);
};

const unpack = (data: unknown): Json[] => {
  try {
    return JSON.parse(typeof data === "string" ? data : zstdDecompressSync(data as Uint8Array).toString()) as Json[];
  } catch (error) {
    throw new UnusableFileError("A block is damaged", { cause: error });
  }
};
