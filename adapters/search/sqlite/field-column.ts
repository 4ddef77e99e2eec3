import { decodeToNumber, encodedDate } from "../../../core/search/values.ts";
import { DocNumbers } from "./doc-numbers.ts";
import type { DocSet } from "./doc-set.ts";
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

/** One field of all documents, in memory. Values without documents are removed, and their numbers used again. */
export class FieldColumn implements Column {
  readonly number: number;
  readonly path: string;
  readonly #entries = new DocNumbers();
  readonly #lengths = new DocNumbers();
  /** All values of documents that have several. */
  readonly #several = new Map<number, readonly number[]>();
  /** Texts of the values; `undefined` for free numbers. */
  readonly #texts: (string | undefined)[] = [];
  /** Number of documents that have each value. */
  readonly #counts: number[] = [];
  /** Numbers by text, made when they are first needed. */
  #numbers: Map<string, number> | undefined;
  readonly #free: number[] = [];
  /** What {@link isDateText} has found out. */
  readonly #dateTexts: (boolean | undefined)[] = [];
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
    return this.#texts.length;
  }

  value(n: number): string {
    return this.#texts[n] ?? "";
  }

  isDateText(n: number): boolean {
    this.#dateTexts[n] ??= encodedDate(this.#texts[n] ?? "") !== undefined;
    return this.#dateTexts[n];
  }

  valuesOf(doc: number): readonly number[] {
    const entry = this.#entries.get(doc);
    if (entry < FIRST_VALUE) return [];
    return this.#several.get(doc) ?? [entry - FIRST_VALUE];
  }

  visitValues(docs: ArrayLike<number>, visit: (n: number, doc: number) => void): void {
    const several = this.#several.size === 0 ? undefined : this.#several;
    for (let at = 0; at < docs.length; at++) {
      const doc = docs[at] as number;
      const entry = this.#entries.get(doc);
      if (entry < FIRST_VALUE) continue;
      const values = several?.get(doc);
      if (values === undefined) visit(entry - FIRST_VALUE, doc);
      else for (let i = 0; i < values.length; i++) visit(values[i] as number, doc);
    }
  }

  /** Number of a document's words. */
  lengthOf(doc: number): number {
    return this.#lengths.get(doc);
  }

  numberOf(text: string): number | undefined {
    return this.#numbersByText().get(text);
  }

  addDocs(isWanted: (n: number) => boolean, docs: DocSet): void {
    const wanted = new Uint8Array(this.#texts.length);
    for (let n = 0; n < wanted.length; n++) if (this.#texts[n] !== undefined && isWanted(n)) wanted[n] = 1;
    this.#entries.forEach((entry, doc) => {
      if (entry < FIRST_VALUE) return;
      const several = this.#several.get(doc);
      if (several === undefined ? wanted[entry - FIRST_VALUE] === 1 : several.some((n) => wanted[n] === 1))
        docs.add(doc);
    });
  }

  addPresentDocs(docs: DocSet): void {
    this.#entries.forEach((_, doc) => void docs.add(doc));
  }

  numbers(): Float64Array {
    this.#decoded ??= Float64Array.from(this.#texts, (text) => (text === undefined ? NaN : decodeToNumber(text)));
    return this.#decoded;
  }

  /** Sets the values that were read from the file, before their documents. @param texts `null` for free numbers */
  load(texts: Iterable<string | null>): void {
    for (const text of texts) {
      const n = this.#texts.push(text ?? undefined) - 1;
      this.#counts.push(0);
      if (text === null) this.#free.push(n);
    }
  }

  /** The texts of values, as {@link load} takes them. */
  textsOf(start: number, end: number): (string | null)[] {
    return this.#texts.slice(start, end).map((text) => text ?? null);
  }

  /** Numbers a value. Returns whether it is new. */
  intern(text: string): { readonly n: number; readonly isNew: boolean } {
    const numbers = this.#numbersByText();
    const present = numbers.get(text);
    if (present !== undefined) return { n: present, isNew: false };
    const n = this.#free.pop() ?? this.#texts.length;
    this.#texts[n] = text;
    this.#dateTexts[n] = undefined;
    this.#counts[n] = 0;
    numbers.set(text, n);
    this.#decoded = undefined;
    return { n, isNew: true };
  }

  #numbersByText(): Map<string, number> {
    if (this.#numbers === undefined) {
      this.#numbers = new Map();
      for (const [n, text] of this.#texts.entries()) if (text !== undefined) this.#numbers.set(text, n);
    }
    return this.#numbers;
  }

  add(doc: number, { words, values }: FieldEntry, size: number): void {
    const [first] = values;
    this.#entries.set(doc, first === undefined ? WITHOUT_VALUE : first + FIRST_VALUE, size);
    if (first !== undefined) this.#valueDocs++;
    if (values.length > 1) this.#several.set(doc, values);
    for (const n of values) this.#counts[n] = (this.#counts[n] ?? 0) + 1;
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
      const count = (this.#counts[n] ?? 0) - 1;
      this.#counts[n] = count;
      if (count > 0) return false;
      this.#numbers?.delete(this.#texts[n] ?? "");
      this.#texts[n] = undefined;
      this.#free.push(n);
      return true;
    });
  }
}
