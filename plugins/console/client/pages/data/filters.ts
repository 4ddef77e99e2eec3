/** A condition of a list: a field, how it is compared, and with what. */
export interface Filter {
  readonly field: string;
  readonly comparison: Comparison;
  readonly value: string;
}

/** The prefixes of filters, and their meanings. */
export const COMPARISONS = {
  "": "is",
  not_: "is not",
  like_: "contains",
  min_: "is at least",
  max_: "is at most",
  gt_: "is more than",
  lt_: "is less than",
  in_: "is one of",
  contains_any_: "has one of",
  has_: "exists",
} as const;

export type Comparison = keyof typeof COMPARISONS;

/** Longer ones first, so that `contains_any_` is not read as a field. */
const PREFIXES = (Object.keys(COMPARISONS) as Comparison[]).toSorted((one, other) => other.length - one.length);

/** The name and value of the query parameter. */
export const toParameter = ({ field, comparison, value }: Filter): readonly [name: string, value: string] => [
  `${comparison}${field}`,
  comparison === "has_" ? (value === "false" ? "false" : "true") : toValue(comparison, value),
];

const toValue = (comparison: Comparison, value: string): string =>
  comparison === "contains_any_" && !value.trim().startsWith("[")
    ? JSON.stringify(value.split(",").map((part) => part.trim()))
    : value;

/** Reads filters as they are in the address: `min_stars=3&lang=en`. */
export const parseFilters = (text: string): readonly Filter[] =>
  [...new URLSearchParams(text)].map(([name, value]) => {
    const comparison = PREFIXES.find((prefix) => name.startsWith(prefix) && name.length > prefix.length) ?? "";
    return { field: name.slice(comparison.length), comparison, value };
  });

export const printFilters = (filters: readonly Filter[]): string =>
  new URLSearchParams(filters.map(({ field, comparison, value }) => [`${comparison}${field}`, value])).toString();

/** A filter in words. */
export const describeFilter = ({ field, comparison, value }: Filter): string => {
  if (comparison === "has_") return value === "false" ? `${field} does not exist` : `${field} exists`;
  return `${field} ${COMPARISONS[comparison]} ${value}`;
};
