const BITS = 32;

/**
 * A set of document numbers below `size`, as a bitmap. Changes are made in place and return the set.
 * @example
 * const common = DocSet.of(size, [1, 2, 3]).and(DocSet.of(size, [2, 3, 4]));
 */
export class DocSet implements Iterable<number> {
  /** Document numbers are below it. */
  readonly size: number;
  readonly #words: Uint32Array;

  constructor(size: number, words = new Uint32Array(Math.ceil(size / BITS))) {
    this.size = size;
    this.#words = words;
  }

  static of(size: number, docs: Iterable<number>): DocSet {
    const set = new DocSet(size);
    for (const doc of docs) set.add(doc);
    return set;
  }

  /** All numbers below `size`. */
  static all(size: number): DocSet {
    const set = new DocSet(size);
    set.#words.fill(0xffffffff);
    const rest = size % BITS;
    if (rest > 0) set.#words[set.#words.length - 1] = 2 ** rest - 1;
    return set;
  }

  /** @param doc a number below `size` */
  add(doc: number): void {
    this.#words[doc >>> 5] = (this.#words[doc >>> 5] as number) | (1 << (doc & 31));
  }

  delete(doc: number): void {
    this.#words[doc >>> 5] = (this.#words[doc >>> 5] as number) & ~(1 << (doc & 31));
  }

  has(doc: number): boolean {
    return ((this.#words[doc >>> 5] as number) & (1 << (doc & 31))) !== 0;
  }

  /** Keeps what is also in the other set, which has the same size. */
  and(other: DocSet): this {
    const [words, others] = [this.#words, other.#words];
    for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) & (others[i] as number);
    return this;
  }

  /** Adds what is in the other set, which has the same size. */
  or(other: DocSet): this {
    const [words, others] = [this.#words, other.#words];
    for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) | (others[i] as number);
    return this;
  }

  /** Removes what is in the other set, which has the same size. */
  andNot(other: DocSet): this {
    const [words, others] = [this.#words, other.#words];
    for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) & ~(others[i] as number);
    return this;
  }

  /** A set of the same numbers that has place for more. */
  grow(size: number): DocSet {
    const set = new DocSet(size);
    set.#words.set(this.#words);
    return set;
  }

  copy(): DocSet {
    return new DocSet(this.size, this.#words.slice());
  }

  count(): number {
    let count = 0;
    for (let i = 0; i < this.#words.length; i++) count += countBits(this.#words[i] as number);
    return count;
  }

  get isEmpty(): boolean {
    return this.#words.every((word) => word === 0);
  }

  /** Calls `visit` with each number, ascending. Faster than the iterator. */
  forEach(visit: (doc: number) => void): void {
    const words = this.#words;
    for (let i = 0; i < words.length; i++) {
      let word = words[i] as number;
      while (word !== 0) {
        const bit = 31 - Math.clz32(word & -word);
        visit(i * BITS + bit);
        word &= word - 1;
      }
    }
  }

  /** The numbers, ascending. */
  *[Symbol.iterator](): Generator<number> {
    for (let i = 0; i < this.#words.length; i++) {
      let word = this.#words[i] as number;
      while (word !== 0) {
        yield i * BITS + 31 - Math.clz32(word & -word);
        word &= word - 1;
      }
    }
  }
}

const countBits = (word: number): number => {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};
