import type { FacetValue } from "./answer.ts";

type Row = Readonly<Record<string, unknown>>;

/** More facets would not fit beside the hits. */
const MAX_FACETS = 4;
/** Longer texts are no categories. */
const MAX_CATEGORY_CHARS = 40;
const IGNORED_FIELDS = new Set(["id", "last_modified", "schema"]);

/** Chooses fields with values that several records share, of a sample of records. */
export const chooseFacets = (rows: readonly Row[]): readonly string[] => {
  const values = new Map<string, unknown[]>();
  for (const row of rows)
    for (const [field, value] of Object.entries(row)) {
      if (IGNORED_FIELDS.has(field)) continue;
      const found = values.get(field) ?? [];
      found.push(...(Array.isArray(value) ? value : [value]));
      values.set(field, found);
    }
  return [...values]
    .filter(([, found]) => found.length > 3 && found.every(isCategory) && new Set(found).size <= found.length / 2)
    .map(([field]) => field)
    .slice(0, MAX_FACETS);
};

const isCategory = (value: unknown): boolean =>
  typeof value === "boolean" || (typeof value === "string" && value.length <= MAX_CATEGORY_CHARS);

/**
 * The chosen values of a field as those of the repeated filter `in_field`. Texts that would be read as other values are in quotes.
 * A single value is there twice, because commas separate values if a filter is not repeated.
 */
export const printChoices = (values: readonly unknown[]): readonly string[] => {
  const printed = values.map((value) =>
    typeof value === "string" && /^["\d{[-]|^(true|false|null)$/.test(value) ? JSON.stringify(value) : String(value),
  );
  return printed.length === 1 ? [...printed, ...printed] : printed;
};

/** The values of a facet, and those that were there before the user has chosen some, with a count of 0. */
export const mergeFacet = (known: readonly FacetValue[], found: readonly FacetValue[]): readonly FacetValue[] => {
  const counts = new Map(found.map(({ value, count }) => [value, count]));
  const values = [...new Set([...known.map(({ value }) => value), ...counts.keys()])];
  return values.map((value) => ({ value, count: counts.get(value) ?? 0 }));
};
