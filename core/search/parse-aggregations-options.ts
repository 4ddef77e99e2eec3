import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { Aggregation, BucketOrder, MetricPath } from "./aggregation.ts";
import { fieldPaths } from "./fields.ts";
import { getOwn, joinPath, readChoice, readField, searchIssue } from "./read-body.ts";

const MAX_ORDERS = 8;

/** The paths of the option `field`. */
export const readFieldPaths = (options: JsonObject, path: string): string[] =>
  fieldPaths(readField(getOwn(options, "field"), joinPath(path, "field")));

export const readNumber = (value: Json | undefined, path: string): number => {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) throw searchIssue(path, "must be a number");
  return number;
};

export const readOptionalNumber = (options: JsonObject, key: string, path: string): number | undefined => {
  const value = getOwn(options, key);
  return value === undefined ? undefined : readNumber(value, joinPath(path, key));
};

/** `{"min": 0, "max": 100}` @param read parses a bound */
export const readBounds = (
  value: Json | undefined,
  path: string,
  read: (value: Json | undefined, path: string) => number,
): { min: number; max: number } | undefined => {
  if (value === undefined) return undefined;
  if (!isObject(value) || Object.keys(value).toSorted().join() !== "max,min")
    throw searchIssue(path, "must be an object with min and max");
  const [min, max] = [
    read(getOwn(value, "min"), joinPath(path, "min")),
    read(getOwn(value, "max"), joinPath(path, "max")),
  ];
  if (min > max) throw searchIssue(path, "must have a min that is not above max");
  return { min, max };
};

/**
 * The option `order`: `{"_count": "desc"}`, `{"_key": "asc"}`, `{"price.avg": "desc"}`, or an array of them. Buckets that
 * are equal are ordered by key.
 * @param children the aggregations below the buckets
 */
export const readOrder = (
  value: Json | undefined,
  path: string,
  defaultOrder: BucketOrder,
  children: readonly Aggregation[],
): BucketOrder[] => {
  const parts = value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (parts.length > MAX_ORDERS) throw searchIssue(path, `must have at most ${MAX_ORDERS} orders`);
  const orders = parts.map((part, index) =>
    readSingleOrder(part, Array.isArray(value) ? joinPath(path, index) : path, children),
  );
  if (orders.length === 0) orders.push(defaultOrder);
  return orders.some(({ by }) => by === "key") ? orders : [...orders, { by: "key", order: "asc" }];
};

const readSingleOrder = (value: Json, path: string, children: readonly Aggregation[]): BucketOrder => {
  const entries = isObject(value) ? Object.entries(value) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length > 1)
    throw searchIssue(path, `must be an object with one key, for example {"_count": "desc"}`);
  const [name, direction] = entry;
  const order = readChoice(direction, joinPath(path, name), ["asc", "desc"]);
  if (name === "_count") return { by: "count", order };
  if (name === "_key") return { by: "key", order };
  return { by: resolveMetricPath(name, joinPath(path, name), children), order };
};

/** As in OpenSearch, the least of no numbers is infinite. */
const EMPTY_METRICS: Readonly<Record<string, number | undefined>> = { min: Infinity, max: -Infinity };
const STATS_PROPERTIES = ["count", "min", "max", "avg", "sum"];
const SINGLE_BUCKETS = ["filter", "nested", "missing"];

/** Finds what `cheap>price.avg` stands for below the buckets. */
const resolveMetricPath = (text: string, path: string, children: readonly Aggregation[]): MetricPath => {
  const names = text.split(">");
  let siblings = children;
  for (const [index, part] of names.entries()) {
    const isLast = index === names.length - 1;
    const dot = part.lastIndexOf(".");
    const exact = siblings.find(({ name }) => name === part);
    const found = exact ?? (isLast && dot > 0 ? siblings.find(({ name }) => name === part.slice(0, dot)) : undefined);
    if (found === undefined)
      throw searchIssue(path, "must be _count, _key, or the name of an aggregation that is directly below");
    if (!isLast) {
      if (!SINGLE_BUCKETS.includes(found.of.is))
        throw searchIssue(path, `goes through ${found.name}, which has more than one bucket`);
      siblings = found.aggs;
      continue;
    }
    const property = exact === undefined ? part.slice(dot + 1) : undefined;
    checkProperty(found, property, path);
    return {
      names: [...names.slice(0, -1), found.name],
      property: property === "value" ? undefined : property,
      empty: EMPTY_METRICS[property ?? found.of.is],
    };
  }
  throw searchIssue(path, "must name an aggregation");
};

const checkProperty = ({ name, of }: Aggregation, property: string | undefined, path: string): void => {
  const properties = orderProperties(of);
  if (properties === undefined) throw searchIssue(path, `compares by ${name}, which has no single number`);
  if (property === undefined ? !properties.includes(undefined) : !properties.includes(property))
    throw searchIssue(
      path,
      `must name a number of ${name}: ${properties.map((one) => (one === undefined ? name : `${name}.${one}`)).join(", ")}`,
    );
};

const orderProperties = (of: Aggregation["of"]): readonly (string | undefined)[] | undefined => {
  switch (of.is) {
    case "stats":
      return STATS_PROPERTIES;
    case "percentiles":
      return of.percents.map(String);
    case "min":
    case "max":
    case "avg":
    case "sum":
    case "valueCount":
    case "cardinality":
      return [undefined, "value"];
    case "filter":
    case "nested":
    case "missing":
      return [undefined, "_count"];
    default:
      return undefined;
  }
};
