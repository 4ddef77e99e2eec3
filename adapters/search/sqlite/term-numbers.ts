import { compareTexts } from "../../../lib/util/compare-texts.ts";
import type { DocGroup } from "./aggregate.ts";
import { columnsOf } from "./aggregate-values.ts";
import type { Column } from "./segment.ts";

const NONE = -1;

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

  /** Compares the values of two numbers by code points. */
  compare(a: number, b: number): number {
    const ranks =
      this.#only !== undefined && a < this.#only.count && b < this.#only.count ? this.#only.ranks() : undefined;
    return ranks === undefined ? compareTexts(this.text(a), this.text(b)) : (ranks[a] as number) - (ranks[b] as number);
  }

  /** Calls `visit` with each value of each document, once. @param visit gets the position of the group */
  visit(groups: readonly DocGroup[], visit: (n: number, group: number, doc: number) => void): void {
    const missing = this.#missing === undefined ? undefined : this.#missingNumber;
    for (const [index, { docs }] of groups.entries()) {
      const columns = this.#columns[index] as readonly Column[];
      for (let at = 0; at < docs.length; at++) {
        const doc = docs[at] as number;
        const count =
          columns.length === 1
            ? this.#visitColumn(columns[0] as Column, doc, index, visit)
            : this.#visitAll(columns, doc, index, visit);
        if (count === 0 && missing !== undefined) visit(missing, index, doc);
      }
    }
  }

  #visitColumn(
    column: Column,
    doc: number,
    group: number,
    visit: (n: number, group: number, doc: number) => void,
  ): number {
    const values = column.valuesOf(doc);
    const numbers = this.#numbers.get(column);
    for (let i = 0; i < values.length; i++) {
      const n = values[i] as number;
      visit(numbers === undefined ? n : (numbers[n] as number), group, doc);
    }
    return values.length;
  }

  /** A value that is in several columns counts once. */
  #visitAll(
    columns: readonly Column[],
    doc: number,
    group: number,
    visit: (n: number, group: number, doc: number) => void,
  ): number {
    const seen = new Set<number>();
    for (const column of columns) this.#visitColumn(column, doc, group, (n) => seen.add(n));
    for (const n of seen) visit(n, group, doc);
    return seen.size;
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
