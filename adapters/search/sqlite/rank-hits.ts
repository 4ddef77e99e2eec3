import type { SortKey } from "../../../core/search/parse-sort.ts";
import { compareTexts } from "../../../lib/util/compare-texts.ts";
import { scoreOf } from "./scores.ts";
import type { Column, DocScores, Segment } from "./segment.ts";

/** The documents of one segment that match. */
export interface SegmentHits {
  readonly segment: Segment;
  /** The position of the segment among those that are searched. */
  readonly index: number;
  readonly hits: DocScores;
}

/** What a document is sorted by: a score, an id, an encoded value, or `undefined` without one. */
export type RankKey = number | string | undefined;

export interface RankedHit {
  readonly index: number;
  readonly doc: number;
  readonly id: string;
  readonly score: number;
  /** One for each sort key; the score when there is none. */
  readonly keys: readonly RankKey[];
}

export interface Ranking {
  readonly sort: readonly SortKey[];
  /** Maximum number of hits. */
  readonly limit: number;
  /** Only hits behind these keys, one for each sort key. */
  readonly after?: readonly RankKey[] | undefined;
  /** Only the first hit of each value at these paths. Hits without a value are one group. */
  readonly collapse?: readonly string[] | undefined;
}

const BY_SCORE: readonly SortKey[] = [{ by: "score", order: "desc" }];

/** The first hits in an order. Ties are in the order of ids, then of segments. Sorts no more than it returns. */
export const rankHits = (
  segments: readonly SegmentHits[],
  { sort, limit, after, collapse }: Ranking,
): readonly RankedHit[] => {
  const order = new RankOrder(sort.length === 0 ? BY_SCORE : sort);
  const top = new TopHits(order, limit);
  const groups = collapse === undefined ? undefined : new Map<string | undefined, RankedHit>();
  for (const { segment, index, hits } of segments) {
    const keyOf = order.keysOf(segment, hits);
    const group = columnsOf(segment, collapse ?? []);
    hits.docs.forEach((doc) => {
      if (after !== undefined && order.compareKeys(keyOf, doc, after) <= 0) return;
      const toHit = (): RankedHit => ({
        index,
        doc,
        id: segment.idOf(doc),
        score: scoreOf(hits, doc),
        keys: order.keys.map((_, n) => keyOf(n, doc)),
      });
      if (groups === undefined) {
        top.offer(keyOf, doc, segment, index, toHit);
        return;
      }
      const value = bestValue(group, doc, "min");
      const best = groups.get(value);
      if (best === undefined || order.compare(keyOf, doc, segment.idOf(doc), index, best) < 0)
        groups.set(value, toHit());
    });
  }
  if (groups === undefined) return top.take();
  return [...groups.values()].sort((a, b) => order.compareHits(a, b)).slice(0, limit);
};

/** The value by which a hit is collapsed: the smallest at the paths. */
export const collapseValue = (segment: Segment, paths: readonly string[], doc: number): string | undefined =>
  bestValue(columnsOf(segment, paths), doc, "min");

const columnsOf = (segment: Segment, paths: readonly string[]): readonly Column[] =>
  paths.flatMap((path) => segment.column(path) ?? []);

type KeyOf = (n: number, doc: number) => RankKey;

class RankOrder {
  readonly keys: readonly SortKey[];

  constructor(keys: readonly SortKey[]) {
    this.keys = keys;
  }

  /** Returns what reads the sort keys of a segment's documents. */
  keysOf(segment: Segment, hits: DocScores): KeyOf {
    const readers = this.keys.map((key): ((doc: number) => RankKey) => {
      if (key.by === "score") return (doc) => scoreOf(hits, doc);
      if (key.by === "id") return (doc) => segment.idOf(doc);
      const columns = columnsOf(segment, key.paths);
      return (doc) => bestValue(columns, doc, key.mode);
    });
    return (n, doc) => readers[n]?.(doc);
  }

  /** Compares a document with the sort keys of another one, up to the first difference. */
  compareKeys(keyOf: KeyOf, doc: number, other: readonly RankKey[]): number {
    for (let n = 0; n < this.keys.length; n++) {
      const order = compareKey(this.keys[n] as SortKey, keyOf(n, doc), other[n]);
      if (order !== 0) return order;
    }
    return 0;
  }

  compare(keyOf: KeyOf, doc: number, id: string, index: number, hit: RankedHit): number {
    return this.compareKeys(keyOf, doc, hit.keys) || compareTexts(id, hit.id) || index - hit.index;
  }

  compareHits(a: RankedHit, b: RankedHit): number {
    return this.compare((n) => a.keys[n], a.doc, a.id, a.index, b);
  }
}

const compareKey = (key: SortKey, a: RankKey, b: RankKey): number => {
  if (a === b) return 0;
  if (a === undefined || b === undefined) {
    const first = key.by === "values" && key.missing === "first" ? -1 : 1;
    return a === undefined ? first : -first;
  }
  const order = typeof a === "number" || typeof b === "number" ? Number(a) - Number(b) : compareTexts(a, b);
  return key.order === "asc" ? order : -order;
};

/** The smallest or greatest value of a document. A date counts as a date, and not as the string that it is too. */
const bestValue = (columns: readonly Column[], doc: number, mode: "min" | "max"): string | undefined => {
  let best: string | undefined;
  for (const column of columns) {
    const values = column.valuesOf(doc);
    for (let i = 0; i < values.length; i++) {
      const n = values[i] as number;
      const value = column.value(n);
      if (best !== undefined && (mode === "min") !== compareTexts(value, best) < 0) continue;
      if (values.length > 1 && column.isDateText(n)) continue;
      best = value;
    }
  }
  return best;
};

/** The first hits so far, in a heap whose root is the last of them. */
class TopHits {
  readonly #order: RankOrder;
  readonly #limit: number;
  readonly #heap: RankedHit[] = [];

  constructor(order: RankOrder, limit: number) {
    this.#order = order;
    this.#limit = limit;
  }

  offer(keyOf: KeyOf, doc: number, segment: Segment, index: number, toHit: () => RankedHit): void {
    const [root] = this.#heap;
    if (this.#heap.length < this.#limit) {
      this.#heap.push(toHit());
      this.#moveUp(this.#heap.length - 1);
      return;
    }
    if (root === undefined) return;
    const order = this.#order.compareKeys(keyOf, doc, root.keys);
    if (order > 0 || (order === 0 && (compareTexts(segment.idOf(doc), root.id) || index - root.index) >= 0)) return;
    this.#heap[0] = toHit();
    this.#moveDown();
  }

  take(): readonly RankedHit[] {
    return this.#heap.sort((a, b) => this.#order.compareHits(a, b));
  }

  #moveUp(from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#order.compareHits(heap[at] as RankedHit, heap[parent] as RankedHit) <= 0) return;
      [heap[at], heap[parent]] = [heap[parent] as RankedHit, heap[at] as RankedHit];
      at = parent;
    }
  }

  #moveDown(): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let last = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && this.#order.compareHits(heap[child] as RankedHit, heap[last] as RankedHit) > 0)
          last = child;
      if (last === at) return;
      [heap[at], heap[last]] = [heap[last] as RankedHit, heap[at] as RankedHit];
      at = last;
    }
  }
}
