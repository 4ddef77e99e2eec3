import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { findValue } from "./fields.ts";
import { compareValues, sortedEntries } from "./values.ts";

export interface Sort {
  /** May lead into objects: `address.street`. */
  readonly field: string;
  readonly descending: boolean;
}

/**
 * An object's place in a sorted list: the value of each criterion, within an array that is empty where the object has none. It is JSON,
 * and stays a place also when the object has gone.
 */
export type SortKey = readonly (readonly [Json] | readonly [])[];

/** Characters of a place, shared among what is sorted by: a place goes into a URL. What is longer is sorted by its beginning. */
const LONGEST_PLACE = 1000;

/** The criteria that order a list wholly: those given, then the newest first, then by id. */
const criteria = (sorts: readonly Sort[]): Sort[] => {
  const all = [...sorts, { field: "last_modified", descending: true }, { field: "id", descending: false }];
  return all.filter(({ field }, index) => all.findIndex((sort) => sort.field === field) === index);
};

/** Whether these criteria give the order that a list has by itself: no two of its objects have the same last_modified. */
export const isNewestFirst = ([first]: readonly Sort[]): boolean =>
  first === undefined || (first.field === "last_modified" && first.descending);

/** Makes the places of objects in a list that is sorted so. */
export const sortKeyOf = (sorts: readonly Sort[]): ((object: JsonObject) => SortKey) => {
  const all = criteria(sorts);
  const room = Math.floor(LONGEST_PLACE / Math.max(sorts.length, 1));
  return (object) =>
    all.map(({ field }) => {
      const value = findValue(object, field);
      return value === undefined ? [] : [field === "id" ? value : beginning(value, room)];
    });
};

/** Compares two places of {@link sortKeyOf} in the order of these criteria. Equal are only the places of one object. */
export const compareSortKeys = (sorts: readonly Sort[]): ((a: SortKey, b: SortKey) => number) => {
  const all = criteria(sorts);
  return (a, b) => {
    for (const [index, { descending }] of all.entries()) {
      const order = compareValues(a[index]?.[0], b[index]?.[0]);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
};

/** Compares two objects. To sort many, make their places once and compare those. */
export const comparator = (sorts: readonly Sort[]): ((a: JsonObject, b: JsonObject) => number) => {
  const place = sortKeyOf(sorts);
  const compare = compareSortKeys(sorts);
  return (a, b) => compare(place(a), place(b));
};

/** So much of a value as its place has room for: a text's first characters, the first elements of an array, the first keys of an object. */
const beginning = (value: Json, room: number): Json => {
  if (typeof value === "string") return value.slice(0, room);
  if (Array.isArray(value)) return fitting(value, room);
  return isObject(value) ? Object.fromEntries(fitting(sortedEntries(value), room)) : value;
};

const fitting = <T extends Json>(elements: readonly T[], room: number): T[] => {
  const fit: T[] = [];
  let left = room;
  for (const element of elements) {
    left -= JSON.stringify(element).length;
    if (left < 0) break;
    fit.push(element);
  }
  return fit;
};
