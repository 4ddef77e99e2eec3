import type { Json, JsonObject } from "../../lib/json.ts";
import { anyOf, boosted, type Clause, type GeoArea, type GeoPoint } from "./clause.ts";
import { resolveField } from "./fields.ts";
import { parsePoint } from "./geo-point.ts";
import type { QueryContext } from "./query-context.ts";
import {
  getOwn,
  joinPath,
  readBoolean,
  readBoost,
  readChoice,
  readFieldEntry,
  readNumber,
  readObject,
  searchIssue,
} from "./read-body.ts";

const METERS_PER_UNIT: Readonly<Record<string, number>> = {
  m: 1,
  meters: 1,
  km: 1000,
  kilometers: 1000,
  cm: 0.01,
  mm: 0.001,
  mi: 1609.344,
  miles: 1609.344,
  yd: 0.9144,
  ft: 0.3048,
  in: 0.0254,
  nmi: 1852,
  nauticalmiles: 1852,
};
/** Half of the earth's circumference. Larger circles contain everything. */
const MAX_METERS = 20_040_000;

/** Options beside the field. */
const SHARED_OPTIONS = ["boost", "ignore_unmapped", "validation_method"];

/** `{"geo_distance": {"distance": "12km", "place": {"lat": 40, "lon": -70}}}` */
export const parseGeoDistance = (value: Json, path: string, context: QueryContext): Clause => {
  const { options, field, spec, at } = splitOptions(value, path, ["distance", "distance_type", "unit"]);
  readChoice(getOwn(options, "distance_type"), joinPath(path, "distance_type"), ["arc", "plane"]);
  const meters = parseDistance(getOwn(options, "distance"), getOwn(options, "unit"), joinPath(path, "distance"));
  const center = readPoint(spec, at);
  return boosted(geoClause(field, { shape: "circle", center, meters }, at, context), readBoost(options, path));
};

/** `{"geo_bounding_box": {"place": {"top_left": {"lat": 41, "lon": -75}, "bottom_right": {"lat": 40, "lon": -73}}}}` */
export const parseGeoBoundingBox = (value: Json, path: string, context: QueryContext): Clause => {
  const { options, field, spec, at } = splitOptions(value, path, ["type"]);
  return boosted(geoClause(field, readBox(spec, at), at, context), readBoost(options, path));
};

const geoClause = (field: string, within: GeoArea, at: string, context: QueryContext): Clause =>
  anyOf(resolveField(field).map(({ path }): Clause => context.charge({ is: "geo", path, within }, at)));

/** The field is the only key that is no option. */
const splitOptions = (value: Json, path: string, names: readonly string[]) => {
  const isOption = (key: string) => names.includes(key) || SHARED_OPTIONS.includes(key);
  const entries = Object.entries(readObject(value, path));
  const options: JsonObject = Object.fromEntries(entries.filter(([key]) => isOption(key)));
  readBoolean(getOwn(options, "ignore_unmapped"), joinPath(path, "ignore_unmapped"), true);
  const validation = getOwn(options, "validation_method");
  readChoice(validation, joinPath(path, "validation_method"), ["strict", "coerce", "ignore_malformed"]);
  const [field, spec, at] = readFieldEntry(Object.fromEntries(entries.filter(([key]) => !isOption(key))), path);
  return { options, field, spec, at };
};

const readPoint = (value: Json | undefined, path: string): GeoPoint => {
  const point = value === undefined ? undefined : parsePoint(value);
  if (point === undefined)
    throw searchIssue(path, 'must be a point: {"lat": 52.5, "lon": 13.4}, "52.5,13.4" or [13.4, 52.5]');
  return point;
};

const parseDistance = (value: Json | undefined, unit: Json | undefined, path: string): number => {
  const text = `${typeof value === "number" || typeof value === "string" ? value : ""}`.trim();
  const [, number = "", ownUnit = ""] = /^(\d{1,12}(?:\.\d{1,12})?)\s?([a-z]*)$/i.exec(text) ?? [];
  const name = ownUnit === "" ? (unit ?? "m") : ownUnit;
  const meters = typeof name === "string" && Object.hasOwn(METERS_PER_UNIT, name) ? METERS_PER_UNIT[name] : undefined;
  if (number === "" || meters === undefined)
    throw searchIssue(path, `must be a distance such as "12km". Units: ${Object.keys(METERS_PER_UNIT).join(", ")}`);
  return Math.min(MAX_METERS, Number(number) * meters);
};

const readBox = (value: Json, path: string): GeoArea => {
  const spec = readObject(value, path);
  const corner = (name: string) => readPoint(getOwn(spec, name), joinPath(path, name));
  const box = (top: number, left: number, bottom: number, right: number): GeoArea => {
    if (top < bottom) throw searchIssue(path, "must have its top above its bottom");
    return { shape: "box", top, left, bottom, right };
  };
  if (Object.hasOwn(spec, "top_left")) {
    readObject(value, path, ["top_left", "bottom_right"]);
    const [topLeft, bottomRight] = [corner("top_left"), corner("bottom_right")];
    return box(topLeft.lat, topLeft.lon, bottomRight.lat, bottomRight.lon);
  }
  if (Object.hasOwn(spec, "top_right")) {
    readObject(value, path, ["top_right", "bottom_left"]);
    const [topRight, bottomLeft] = [corner("top_right"), corner("bottom_left")];
    return box(topRight.lat, bottomLeft.lon, bottomLeft.lat, topRight.lon);
  }
  readObject(value, path, ["top", "left", "bottom", "right"]);
  const side = (name: string, max: number) => {
    if (!Object.hasOwn(spec, name))
      throw searchIssue(path, "must have top_left and bottom_right, or top, left, bottom and right");
    return readNumber(getOwn(spec, name), joinPath(path, name), 0, { min: -max, max });
  };
  return box(side("top", 90), side("left", 180), side("bottom", 90), side("right", 180));
};
