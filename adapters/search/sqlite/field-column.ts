import { decodeToNumber } from "../../../core/search/values.ts";
import { compareTexts } from "../../../lib/util/compare-texts.ts";
import { DocNumbers } from "./doc-numbers.ts";
import { DocSet } from "./doc-set.ts";
import type { Column } from "./segment.ts";

/** What a document has at one path. */
export interface FieldEntry {
  /** Number of words of its texts. */
  readonly words: number;
  /** Numbers of its values. */
  readonly values: readonly number[];
}

/** Numbers of a document: none, or a field without values, or the number of its first value plus this. */
const WITHOUT_VALUE = 1;
const FIRST_VALUE = 2;

/** A value of a field: its text, and the number of documents that have it. */
interface Value {
  readonly text: string;
  count: number;
}

/** One field of all documents, in memory. Values without documents are removed, and their numbers used again. */
export class FieldColumn implements Column {
  readonly number: number;
  readonly path: string;
  readonly #entries = new DocNumbers();
  readonly #lengths = new DocNumbers();
  /** All values of documents that have several. */
  readonly #several = new Map<number, readonly number[]>();
  readonly #values: (Value | undefined)[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #free: number[] = [];
  #ranks: Int32Array | undefined;
  #decoded: Float64Array | undefined;
  #valueDocs = 0;
  #textDocs = 0;
  #words = 0;

  constructor(number: number, path: string) {
    this.number = number;
    this.path = path;
  }

  /** Number of documents that have words, and of the words. */
  get texts(): { readonly docs: number; readonly words: number } {
    return { docs: this.#textDocs, words: this.#words };
  }

  get hasValues(): boolean {
    return this.#valueDocs > 0;
  }

  get count(): number {
    return this.#values.length;
  }

  value(n: number): string {
    return this.#values[n]?.text ?? "";
  }

  valuesOf(doc: number): readonly number[] {
    const entry = this.#entries.get(doc);
    if (entry < FIRST_VALUE) return [];
    return this.#several.get(doc) ?? [entry - FIRST_VALUE];
  }

  /** Number of a document's words. */
  lengthOf(doc: number): number {
    return this.#lengths.get(doc);
  }

  numberOf(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  docsOf(isWanted: (n: number) => boolean, size: number): DocSet {
    const wanted = Uint8Array.from(this.#values, (value, n) => (value !== undefined && isWanted(n) ? 1 : 0));
    const docs = new DocSet(size);
    this.#entries.forEach((entry, doc) => {
      if (entry < FIRST_VALUE) return;
      const several = this.#several.get(doc);
      if (several === undefined ? wanted[entry - FIRST_VALUE] === 1 : several.some((n) => wanted[n] === 1))
        docs.add(doc);
    });
    return docs;
  }

  /** The documents that have the field, even without values or words. */
  presentDocs(size: number): DocSet {
    const docs = new DocSet(size);
    this.#entries.forEach((_, doc) => void docs.add(doc));
    return docs;
  }

  numbers(): Float64Array {
    this.#decoded ??= Float64Array.from(this.#values, (value) =>
      value === undefined ? NaN : decodeToNumber(value.text),
    );
    return this.#decoded;
  }

  ranks(): Int32Array {
    this.#ranks ??= rankTexts(this.#values);
    return this.#ranks;
  }

  /** Adds a value that was read from the file, before its documents. Values come in the order of their numbers. */
  load(n: number, text: string): void {
    while (this.#values.length < n) this.#free.push(this.#values.push(undefined) - 1);
    this.#values.push({ text, count: 0 });
    this.#numbers.set(text, n);
  }

  /** Numbers a value. Returns whether it is new. */
  intern(text: string): { readonly n: number; readonly isNew: boolean } {
    const present = this.#numbers.get(text);
    if (present !== undefined) return { n: present, isNew: false };
    const n = this.#free.pop() ?? this.#values.length;
    this.#values[n] = { text, count: 0 };
    this.#numbers.set(text, n);
    this.#ranks = undefined;
    this.#decoded = undefined;
    return { n, isNew: true };
  }

  add(doc: number, { words, values }: FieldEntry, size: number): void {
    const [first] = values;
    this.#entries.set(doc, first === undefined ? WITHOUT_VALUE : first + FIRST_VALUE, size);
    if (first !== undefined) this.#valueDocs++;
    if (values.length > 1) this.#several.set(doc, values);
    for (const n of values) (this.#values[n] as Value).count++;
    if (words === 0) return;
    this.#lengths.set(doc, words, size);
    this.#textDocs++;
    this.#words += words;
  }

  /** Removes a document's entry. Returns the numbers of the values that no document has any more. */
  remove(doc: number, { words, values }: FieldEntry, size: number): number[] {
    this.#entries.set(doc, 0, size);
    this.#several.delete(doc);
    if (values.length > 0) this.#valueDocs--;
    if (words > 0) {
      this.#lengths.set(doc, 0, size);
      this.#textDocs--;
      this.#words -= words;
    }
    return values.filter((n) => {
      const value = this.#values[n] as Value;
      value.count--;
      if (value.count > 0) return false;
      this.#values[n] = undefined;
      this.#numbers.delete(value.text);
      this.#free.push(n);
      this.#ranks = undefined;
      this.#decoded = undefined;
      return true;
    });
  }
}

/** Ranks texts by code points. */
const rankTexts = (values: readonly (Value | undefined)[]): Int32Array => {
  const order = values.flatMap((value, n) => (value === undefined ? [] : n));
  const texts = values.map((value) => value?.text ?? "");
  order.sort((a, b) => compareTexts(texts[a] as string, texts[b] as string));
  const ranks = new Int32Array(values.length);
  order.forEach((n, rank) => {
    ranks[n] = rank;
  });
  return ranks;
};
