import { isObject, type Json } from "../../lib/json.ts";
import type { GeoPoint } from "./clause.ts";

const POINT_TEXT = /^\s{0,8}(-?\d{1,3}(?:\.\d{1,20})?)\s{0,8},\s{0,8}(-?\d{1,3}(?:\.\d{1,20})?)\s{0,8}$/;

/** Reads a point in one of OpenSearch's forms: `{lat, lon}`, `"lat,lon"` or `[lon, lat]`; `undefined` if it is none. */
export const parsePoint = (value: Json): GeoPoint | undefined => {
  if (typeof value === "string") {
    const [, lat, lon] = POINT_TEXT.exec(value) ?? [];
    return lat === undefined || lon === undefined ? undefined : toPoint(Number(lat), Number(lon));
  }
  if (Array.isArray(value)) return value.length === 2 ? toPoint(value[1], value[0]) : undefined;
  return isObject(value) && Object.hasOwn(value, "lat") && Object.hasOwn(value, "lon")
    ? toPoint(value.lat, value.lon)
    : undefined;
};

const toPoint = (lat: Json | undefined, lon: Json | undefined): GeoPoint | undefined =>
  typeof lat === "number" && typeof lon === "number" && Math.abs(lat) <= 90 && Math.abs(lon) <= 180
    ? { lat, lon }
    : undefined;

const EARTH_RADIUS_METERS = 6_371_008.7714;
const toRadians = (degrees: number): number => (degrees * Math.PI) / 180;

/** The distance between two points by the haversine formula, in meters. */
export const measureDistance = (a: GeoPoint, b: GeoPoint): number => {
  const [lat, lon] = [toRadians(b.lat - a.lat) / 2, toRadians(b.lon - a.lon) / 2];
  const h = Math.sin(lat) ** 2 + Math.cos(toRadians(a.lat)) * Math.cos(toRadians(b.lat)) * Math.sin(lon) ** 2;
  return 2 * EARTH_RADIUS_METERS * Math.asin(Math.min(1, Math.sqrt(h)));
};
