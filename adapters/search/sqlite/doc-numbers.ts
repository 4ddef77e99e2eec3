/** Above this share of documents with a number, an array is smaller than a map. */
const DENSE_SHARE = 1 / 16;
/** Arrays of fewer numbers are always kept. */
const MIN_DENSE = 256;

/** A number above 0 for some documents, 0 for the others. Small when few documents have one. */
export class DocNumbers {
  #array: Int32Array | undefined;
  readonly #map = new Map<number, number>();

  get(doc: number): number {
    if (this.#array === undefined) return this.#map.get(doc) ?? 0;
    return this.#array[doc] ?? 0;
  }

  /** @param size document numbers are below it */
  set(doc: number, number: number, size: number): void {
    if (this.#array !== undefined) {
      if (doc >= this.#array.length) this.#grow(this.#array, size);
      this.#array[doc] = number;
    } else {
      if (number === 0) this.#map.delete(doc);
      else this.#map.set(doc, number);
      if (this.#map.size > Math.max(MIN_DENSE, size * DENSE_SHARE)) this.#makeDense(size);
    }
  }

  /** Calls `visit` for each document that has a number, in no order. */
  forEach(visit: (number: number, doc: number) => void): void {
    if (this.#array === undefined) this.#map.forEach(visit);
    else
      for (let doc = 0; doc < this.#array.length; doc++)
        if (this.#array[doc] !== 0) visit(this.#array[doc] as number, doc);
  }

  #makeDense(size: number): void {
    const array = new Int32Array(size);
    for (const [doc, number] of this.#map) array[doc] = number;
    this.#map.clear();
    this.#array = array;
  }

  #grow(array: Int32Array, size: number): void {
    this.#array = new Int32Array(size);
    this.#array.set(array);
  }
}
