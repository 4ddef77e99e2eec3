import type { FieldEntry } from "./field-column.ts";
import { UnusableFileError } from "./index-file.ts";

/** The fields of a document: their numbers, and what the document has of each. */
export type Entries = readonly (readonly [field: number, entry: FieldEntry])[];

/** Encodes the fields of a document as one list: of each the number, the words, the number of values, and the values. */
export const encodeEntries = (entries: Entries): number[] =>
  entries.flatMap(([field, { words, values }]) => [field, words, values.length, ...values]);

/** Reverses {@link encodeEntries}. */
export const decodeEntries = (numbers: readonly number[]): Entries => {
  const entries: [number, FieldEntry][] = [];
  for (let at = 0; at < numbers.length; ) {
    const [field, words, count] = [numbers[at] as number, numbers[at + 1] as number, numbers[at + 2] as number];
    const end = at + 3 + count;
    if (!(end > at) || end > numbers.length) throw new UnusableFileError("The fields of a document are damaged");
    entries.push([field, { words, values: numbers.slice(at + 3, end) }]);
    at = end;
  }
  return entries;
};
