import { RE2JS } from "re2js";
import type { Clause, GeoArea, GeoPoint, ValueMatch } from "../../../core/search/clause.ts";
import { measureDistance } from "../../../core/search/geo-point.ts";
import { compareTexts } from "../../../lib/util/compare-texts.ts";
import { countEdits } from "../../../lib/util/edit-distance.ts";
import { DocSet } from "./doc-set.ts";
import { decodePoint, pointsPath } from "./document-parts.ts";
import type { Column, Segment } from "./segment.ts";

/** The documents with a matching value. @param path `null` for any field */
export const findValues = (segment: Segment, path: string | null, match: ValueMatch): DocSet => {
  const docs = new DocSet(segment.size);
  const accepts = match.how === "anyOf" ? undefined : valueTest(match);
  for (const column of columnsOf(segment, path)) {
    if (match.how === "anyOf") {
      const wanted = new Set(match.values.flatMap((value) => column.numberOf(value) ?? []));
      if (wanted.size > 0) column.addDocs((n) => wanted.has(n), docs);
    } else if (accepts !== undefined) {
      column.addDocs((n) => accepts(column.value(n)), docs);
    }
  }
  return docs.and(segment.docs);
};

const columnsOf = (segment: Segment, path: string | null): readonly Column[] =>
  (path === null ? [...segment.paths()] : [path]).flatMap((one) => segment.column(one) ?? []);

/** Tests encoded values. Only strings match. */
const valueTest = (match: Exclude<ValueMatch, { how: "anyOf" }>): ((encoded: string) => boolean) => {
  switch (match.how) {
    case "prefix": {
      const prefix = match.ignoreCase ? match.text.toLowerCase() : match.text;
      return (encoded) =>
        encoded.startsWith("s") &&
        (match.ignoreCase ? encoded.slice(1).toLowerCase().startsWith(prefix) : encoded.startsWith(prefix, 1));
    }
    case "fuzzy": {
      const text = [...match.text];
      const prefix = text.slice(0, match.prefixLength).join("");
      return (encoded) =>
        encoded.startsWith("s") &&
        encoded.startsWith(prefix, 1) &&
        encoded.length <= 1 + match.text.length + 2 * match.edits &&
        countEdits(text, [...encoded.slice(1)], match.edits) !== undefined;
    }
    case "pattern": {
      const pattern = RE2JS.compile(match.source, RE2JS.DOTALL | (match.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0));
      return (encoded) => encoded.startsWith("s") && pattern.matches(encoded.slice(1));
    }
  }
};

/** The documents with a value between bounds of its kind. */
export const findValuesBetween = (segment: Segment, { path, from, to }: Extract<Clause, { is: "between" }>): DocSet => {
  const docs = new DocSet(segment.size);
  const column = segment.column(path);
  const kind = (from ?? to)?.value.slice(0, 1);
  if (column === undefined || kind === undefined) return docs;
  // All values but strings are ASCII.
  const compare =
    kind === "s"
      ? (a: string, b: string) => Math.sign(compareTexts(a, b))
      : (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const accepts = (value: string): boolean => {
    if (!value.startsWith(kind)) return false;
    if (from !== undefined && compare(value, from.value) < (from.inclusive ? 0 : 1)) return false;
    return to === undefined || compare(value, to.value) <= (to.inclusive ? 0 : -1);
  };
  column.addDocs((n) => accepts(column.value(n)), docs);
  return docs.and(segment.docs);
};

/** The documents that have a value other than null at a path, or below it. */
export const findPresent = (segment: Segment, path: string): DocSet => {
  const docs = new DocSet(segment.size);
  for (const one of segment.paths())
    if (one === path || one.startsWith(`${path}.`)) segment.column(one)?.addPresentDocs(docs);
  return docs.and(segment.docs);
};

/** The documents that have a point in an area. */
export const findInArea = (segment: Segment, path: string, area: GeoArea): DocSet => {
  const docs = new DocSet(segment.size);
  const column = segment.column(pointsPath(path));
  if (column === undefined) return docs;
  const accepts = area.shape === "circle" ? circleTest(area) : boxTest(area);
  column.addDocs((n) => accepts(decodePoint(column.value(n))), docs);
  return docs.and(segment.docs);
};

const circleTest =
  ({ center, meters }: Extract<GeoArea, { shape: "circle" }>) =>
  (point: GeoPoint): boolean =>
    measureDistance(center, point) <= meters;

const boxTest =
  ({ top, left, bottom, right }: Extract<GeoArea, { shape: "box" }>) =>
  ({ lat, lon }: GeoPoint): boolean =>
    lat <= top && lat >= bottom && (left <= right ? lon >= left && lon <= right : lon >= left || lon <= right);
