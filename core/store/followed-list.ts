import { setImmediate } from "node:timers/promises";
import type { Json } from "../../lib/json.ts";
import { countWhile } from "../../lib/util/count-while.ts";
import { findValue } from "../lists/fields.ts";
import type { ListChange, ListEntry } from "../ports/store.ts";
import type { Generation } from "../resources.ts";
import { parseData } from "./view.ts";

/** Maximum number of fields whose values are kept, and of orders. */
const MAX_COLUMNS = 16;
const MAX_ORDERS = 6;
/** Entries that are parsed at a time. Other requests run between two parts. */
const ENTRIES_PER_PART = 2000;
/** Above this number of changes, an order is sorted anew. */
const MAX_INSERTIONS = 500;
/** What an entry takes besides its JSON, and a value besides its text, in characters. */
const ENTRY_OVERHEAD_CHARS = 150;
const VALUE_OVERHEAD_CHARS = 16;

/** The values of one field by position; `undefined` where an object has none. */
export type Column = readonly (Json | undefined)[];

/** A total order of the entries of a list. */
export interface ListOrder {
  /** Equal orders have equal names. */
  readonly name: string;
  /** Fields whose values decide. */
  readonly fields: readonly string[];
  /** Creates a comparator of positions. @param columns those of the fields */
  readonly comparator: (columns: readonly Column[]) => (a: number, b: number) => number;
}

/** The objects of one generation of a list, in memory, with the values of the fields that queries use. */
export class FollowedList {
  readonly generation: Generation;
  /** The list timestamp up to which it has all changes, in ms. */
  timestamp: number;
  #chars = 0;
  readonly #positions = new Map<string, number>();
  readonly #entries: (ListEntry | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #columns = new Map<string, (Json | undefined)[]>();
  readonly #orders = new Map<string, { readonly order: ListOrder; positions: number[] }>();

  constructor(generation: Generation, timestamp: number) {
    this.generation = generation;
    this.timestamp = timestamp;
  }

  /** The memory that it takes, in characters. An estimate. */
  get chars(): number {
    return this.#chars + (this.#columns.size + this.#orders.size) * this.#entries.length * VALUE_OVERHEAD_CHARS;
  }

  /** About what the table reads for the whole list, in bytes. */
  get bytes(): number {
    return this.#chars;
  }

  /** Number of objects. */
  get size(): number {
    return this.#positions.size;
  }

  entryAt(position: number): ListEntry {
    return this.#entries[position] as ListEntry;
  }

  /** Adds entries that it does not have yet. */
  add(entries: readonly ListEntry[]): void {
    for (const entry of entries) if (!this.#positions.has(entry.id)) this.#insert(entry);
  }

  /** Applies changes in the order of their revisions. */
  apply(changes: readonly ListChange[]): void {
    const newest = new Map(changes.map((change) => [change.id, change]));
    const removed = new Set<number>();
    for (const id of newest.keys()) {
      const position = this.#positions.get(id);
      if (position !== undefined) removed.add(position);
    }
    if (removed.size > 0)
      for (const kept of this.#orders.values())
        kept.positions = kept.positions.filter((position) => !removed.has(position));
    for (const position of removed) this.#remove(position);
    const added = [...newest.values()].flatMap(({ id, json, last_modified, deleted }) =>
      deleted ? [] : this.#insert({ id, json, last_modified }),
    );
    for (const { order, positions } of this.#orders.values()) {
      const compare = order.comparator(this.#columnsOf(order.fields));
      if (added.length > MAX_INSERTIONS) {
        positions.push(...added);
        positions.sort(compare);
      } else {
        for (const position of added)
          positions.splice(
            countWhile(positions, (other) => compare(other, position) < 0),
            0,
            position,
          );
      }
    }
  }

  /** Reads the values of fields from the objects, so that {@link columns} and {@link positions} can return them. */
  async prepare(fields: readonly string[]): Promise<void> {
    for (const field of fields) touch(this.#columns, field);
    const missing = [...new Set(fields)].filter((field) => !this.#columns.has(field));
    if (missing.length === 0) return;
    const columns = missing.map((): (Json | undefined)[] => []);
    for (const [position, entry] of this.#entries.entries()) {
      if (position % ENTRIES_PER_PART === ENTRIES_PER_PART - 1) await setImmediate();
      const data = entry && parseData(entry);
      for (const [index, field] of missing.entries()) columns[index]?.push(data && findValue(data, field));
    }
    for (const [index, field] of missing.entries()) this.#columns.set(field, columns[index] ?? []);
    removeOldest(this.#columns, Math.max(MAX_COLUMNS, fields.length));
    for (const [name, { order }] of this.#orders)
      if (order.fields.some((field) => !this.#columns.has(field))) this.#orders.delete(name);
  }

  /** The values of prepared fields. */
  columns(fields: readonly string[]): readonly Column[] {
    return this.#columnsOf(fields);
  }

  /** The positions of all objects in an order whose fields are prepared. */
  positions(order: ListOrder): readonly number[] {
    const kept = this.#orders.get(order.name);
    if (kept !== undefined) {
      touch(this.#orders, order.name);
      return kept.positions;
    }
    const positions = [...this.#positions.values()].sort(order.comparator(this.#columnsOf(order.fields)));
    this.#orders.set(order.name, { order, positions });
    removeOldest(this.#orders, MAX_ORDERS);
    return positions;
  }

  #columnsOf(fields: readonly string[]): readonly Column[] {
    return fields.map((field) => {
      const column = this.#columns.get(field);
      if (column === undefined) throw new Error(`The values of ${field} are not prepared`);
      return column;
    });
  }

  #insert(entry: ListEntry): number {
    const position = this.#free.pop() ?? this.#entries.length;
    this.#entries[position] = entry;
    this.#positions.set(entry.id, position);
    this.#chars += entry.json.length + ENTRY_OVERHEAD_CHARS;
    if (this.#columns.size > 0) {
      const data = parseData(entry);
      for (const [field, column] of this.#columns) column[position] = findValue(data, field);
    }
    return position;
  }

  #remove(position: number): void {
    const { id, json } = this.entryAt(position);
    this.#entries[position] = undefined;
    this.#positions.delete(id);
    this.#chars -= json.length + ENTRY_OVERHEAD_CHARS;
    for (const column of this.#columns.values()) column[position] = undefined;
    this.#free.push(position);
  }
}

/** Makes a key the newest one. */
const touch = <V>(map: Map<string, V>, key: string): void => {
  const value = map.get(key);
  if (value === undefined) return;
  map.delete(key);
  map.set(key, value);
};

const removeOldest = (map: Map<string, unknown>, maxSize: number): void => {
  for (const key of map.keys()) {
    if (map.size <= maxSize) return;
    map.delete(key);
  }
};
