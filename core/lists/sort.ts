import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { findValue } from "./fields.ts";
import { compareValues, sortedEntries } from "./values.ts";

export interface Sort {
  /** A field name or path such as `address.street`. */
  readonly field: string;
  readonly descending: boolean;
}

/**
 * An object's position in a sorted list: the value of each criterion in an array, which is empty when the object has no
 * value. It is JSON and remains valid after the object is deleted.
 */
export type SortKey = readonly (readonly [Json] | readonly [])[];

/** Maximum length of a sort key's values, which become part of a URL. Longer values are truncated for sorting. */
const MAX_SORT_KEY_CHARS = 1000;

/** Adds criteria that make the order total: newest first, then by id. */
const totalOrder = (sorts: readonly Sort[]): Sort[] => {
  const all = [...sorts, { field: "last_modified", descending: true }, { field: "id", descending: false }];
  return all.filter(({ field }, index) => all.findIndex((sort) => sort.field === field) === index);
};

/** Whether the criteria result in a list's own order. The `last_modified` of its objects is unique. */
export const isNewestFirst = ([first]: readonly Sort[]): boolean =>
  first === undefined || (first.field === "last_modified" && first.descending);

/** One criterion of a total order. */
export interface SortCriterion extends Sort {
  /** What is compared of the field's value. */
  readonly toKeyValue: (value: Json) => Json;
}

/** Returns the criteria of a total order: the given ones, then newest first, then by id. */
export const sortCriteria = (sorts: readonly Sort[]): readonly SortCriterion[] => {
  const maxChars = Math.floor(MAX_SORT_KEY_CHARS / Math.max(sorts.length, 1));
  return totalOrder(sorts).map((sort) => ({
    ...sort,
    toKeyValue: sort.field === "id" ? (value) => value : (value) => truncateValue(value, maxChars),
  }));
};

/** Creates a function that returns an object's sort key. */
export const sortKeyOf = (sorts: readonly Sort[]): ((object: JsonObject) => SortKey) => {
  const criteria = sortCriteria(sorts);
  return (object) =>
    criteria.map(({ field, toKeyValue }) => {
      const value = findValue(object, field);
      return value === undefined ? [] : [toKeyValue(value)];
    });
};

/** Creates a comparator of sort keys. Only keys of the same object are equal. */
export const compareSortKeys = (sorts: readonly Sort[]): ((a: SortKey, b: SortKey) => number) => {
  const criteria = totalOrder(sorts);
  return (a, b) => {
    for (const [index, { descending }] of criteria.entries()) {
      const order = compareValues(a[index]?.[0], b[index]?.[0]);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
};

/** Keeps the start of a string, or the first elements of an array or object. */
const truncateValue = (value: Json, maxChars: number): Json => {
  if (typeof value === "string") return value.slice(0, maxChars);
  if (Array.isArray(value)) return takeFitting(value, maxChars);
  return isObject(value) ? Object.fromEntries(takeFitting(sortedEntries(value), maxChars)) : value;
};

const takeFitting = <T extends Json>(elements: readonly T[], maxChars: number): T[] => {
  const fitting: T[] = [];
  let left = maxChars;
  for (const element of elements) {
    left -= JSON.stringify(element).length;
    if (left < 0) break;
    fitting.push(element);
  }
  return fitting;
};
