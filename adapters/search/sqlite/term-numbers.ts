import { getOrCreate } from "../../../lib/util/get-or-create.ts";
import type { DocGroup } from "./aggregate.ts";
import { columnsOf } from "./aggregate-values.ts";
import type { Column } from "./segment.ts";

const NONE = -1;

type Visit = (n: number, doc: number) => void;

/** Numbers for the values of a field in several segments: equal values have equal numbers. */
export class TermNumbers {
  readonly #columns: readonly (readonly Column[])[];
  /** The only column, whose own numbers are used; `undefined` if there are several. */
  readonly #only: Column | undefined;
  /** By column: the number of each of its values, or {@link NONE}. */
  readonly #numbers = new Map<Column, Int32Array>();
  readonly #byText = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #missing: string | undefined;

  /** @param missing the value of documents that have none */
  constructor(groups: readonly DocGroup[], paths: readonly string[], missing: string | undefined) {
    this.#columns = groups.map(({ segment }) => columnsOf(segment, paths));
    const columns = new Set(this.#columns.flat());
    const [first] = columns;
    this.#only = columns.size === 1 ? first : undefined;
    this.#missing = missing;
    if (this.#only === undefined) for (const column of columns) this.#numberColumn(column);
  }

  /** Numbers are below it. */
  get limit(): number {
    return (this.#only?.count ?? this.#texts.length) + 1;
  }

  text(n: number): string {
    if (n === this.limit - 1 && this.#missing !== undefined && n === this.#missingNumber) return this.#missing;
    return this.#only === undefined ? (this.#texts[n] as string) : this.#only.value(n);
  }

  /** Calls `visit` with each value of each document, once. @param visit gets the position of the group */
  visit(groups: readonly DocGroup[], visit: (n: number, group: number, doc: number) => void): void {
    for (const [index, { docs }] of groups.entries()) {
      const columns = this.#columns[index] as readonly Column[];
      const [only] = columns;
      if (columns.length === 1 && only !== undefined) this.#visitColumn(only, docs, (n, doc) => visit(n, index, doc));
      else this.#visitColumns(columns, docs, (n, doc) => visit(n, index, doc));
      if (this.#missing !== undefined)
        this.#visitMissing(this.#missingNumber, columns, docs, (n, doc) => visit(n, index, doc));
    }
  }

  #visitColumn(column: Column, docs: ArrayLike<number>, visit: Visit): void {
    const numbers = this.#numbers.get(column);
    if (numbers === undefined) column.visitValues(docs, visit);
    else column.visitValues(docs, (n, doc) => visit(numbers[n] as number, doc));
  }

  /** A value that is in several columns counts once. */
  #visitColumns(columns: readonly Column[], docs: ArrayLike<number>, visit: Visit): void {
    const seen = new Map<number, Set<number>>();
    for (const column of columns)
      this.#visitColumn(column, docs, (n, doc) => getOrCreate(seen, doc, () => new Set<number>()).add(n));
    for (const [doc, numbers] of seen) for (const n of numbers) visit(n, doc);
  }

  #visitMissing(missing: number, columns: readonly Column[], docs: ArrayLike<number>, visit: Visit): void {
    for (let at = 0; at < docs.length; at++) {
      const doc = docs[at] as number;
      if (columns.every((column) => column.valuesOf(doc).length === 0)) visit(missing, doc);
    }
  }

  get #missingNumber(): number {
    const text = this.#missing as string;
    return (this.#only === undefined ? this.#byText.get(text) : this.#only.numberOf(text)) ?? this.limit - 1;
  }

  #numberColumn(column: Column): void {
    const numbers = new Int32Array(column.count).fill(NONE);
    for (let n = 0; n < column.count; n++) {
      const text = column.value(n);
      let number = this.#byText.get(text);
      if (number === undefined) {
        number = this.#texts.push(text) - 1;
        this.#byText.set(text, number);
      }
      numbers[n] = number;
    }
    this.#numbers.set(column, numbers);
  }
}
