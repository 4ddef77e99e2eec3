import type { IndexFile } from "./index-file.ts";

/** The documents that have a word in a field, ascending, and how often each has it. */
export interface Postings {
  readonly docs: Int32Array;
  readonly counts: Uint16Array;
}

/** The places of a word, ascending: a document, and a position in its words of all fields. */
export interface Places {
  readonly docs: readonly number[];
  readonly offsets: readonly number[];
}

const MAX_COUNT = 65_535;
const EMPTY: Postings = { docs: new Int32Array(), counts: new Uint16Array() };
/** Maximum size of the postings that are kept in memory. */
const MAX_CACHED_BYTES = 32 * 1024 * 1024;
const BYTES_PER_DOC = 6;

/** The token of a field's word. Tokens of all fields are in one column, so a phrase finds words of one field only. */
export const toToken = (field: number, word: string): string => `${field.toString(36)}:${word}`;
/** The token between two texts of a field. */
export const toSeparator = (field: number): string => `${field.toString(36)}|`;

const quote = (token: string): string => token.replaceAll('"', '""');

/** Reads where words are, and keeps what was read last until the index changes. */
export class PostingsReader {
  readonly #file: IndexFile;
  readonly #cache = new Map<string, Postings>();
  #bytes = 0;

  constructor(file: IndexFile) {
    this.#file = file;
  }

  clear(): void {
    this.#cache.clear();
    this.#bytes = 0;
  }

  read(field: number, word: string): Postings {
    const token = toToken(field, word);
    const cached = this.#cache.get(token);
    if (cached !== undefined) {
      this.#cache.delete(token);
      this.#cache.set(token, cached);
      return cached;
    }
    const postings = toPostings(
      this.#readNumbers("select json_group_array(doc) as docs from places where term = ?", token),
    );
    this.#cache.set(token, postings);
    this.#bytes += postings.docs.length * BYTES_PER_DOC;
    for (const [oldest, { docs }] of this.#cache) {
      if (this.#bytes <= MAX_CACHED_BYTES) break;
      this.#cache.delete(oldest);
      this.#bytes -= docs.length * BYTES_PER_DOC;
    }
    return postings;
  }

  /** The documents that have words one after another in a field. @param lastIsPrefix the last is the begin of a word */
  findPhrase(field: number, words: readonly string[], lastIsPrefix: boolean): readonly number[] {
    const tokens = words.map((word) => quote(toToken(field, word))).join(" ");
    return this.#readNumbers(
      "select json_group_array(rowid) as docs from words where words match ?",
      `"${tokens}"${lastIsPrefix ? " *" : ""}`,
    );
  }

  readPlaces(token: string): Places {
    const row = this.#file.get(
      "select json_group_array(doc) as docs, json_group_array(offset) as offsets from places where term = ?",
      token,
    );
    return { docs: JSON.parse(String(row?.docs)) as number[], offsets: JSON.parse(String(row?.offsets)) as number[] };
  }

  /** One text of JSON is read faster than many rows. */
  #readNumbers(sql: string, value: string): readonly number[] {
    return JSON.parse(String(this.#file.get(sql, value)?.docs)) as number[];
  }
}

/** @param repeated a document's number as often as it has the word, ascending */
const toPostings = (repeated: readonly number[]): Postings => {
  if (repeated.length === 0) return EMPTY;
  const docs = new Int32Array(repeated.length);
  const counts = new Uint16Array(repeated.length);
  let last = -1;
  for (const doc of repeated) {
    if (last < 0 || docs[last] !== doc) docs[++last] = doc;
    counts[last] = Math.min(MAX_COUNT, (counts[last] as number) + 1);
  }
  return { docs: docs.slice(0, last + 1), counts: counts.slice(0, last + 1) };
};
