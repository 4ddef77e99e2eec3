import type { FieldEntry } from "./field-column.ts";

/** The fields of a document: their numbers, and what the document has of each. */
export type Entries = readonly (readonly [field: number, entry: FieldEntry])[];

/** Encodes the fields of a document: numbers of 7 bits per byte, the last byte of each without the high bit. */
export const encodeEntries = (entries: Entries): Uint8Array => {
  const bytes: number[] = [];
  const push = (number: number) => {
    let rest = number;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  };
  for (const [field, { words, values }] of entries) {
    push(field);
    push(words);
    push(values.length);
    for (const n of values) push(n);
  }
  return Uint8Array.from(bytes);
};

/** Reverses {@link encodeEntries}. */
export const decodeEntries = (bytes: Uint8Array): Entries => {
  const entries: [number, FieldEntry][] = [];
  let at = 0;
  const next = (): number => {
    let number = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("The fields of a document are damaged");
      if (byte < 128) return number + byte * factor;
      number += (byte - 128) * factor;
    }
  };
  while (at < bytes.length) {
    const [field, words, count] = [next(), next(), next()];
    entries.push([field, { words, values: Array.from({ length: count }, next) }]);
  }
  return entries;
};
