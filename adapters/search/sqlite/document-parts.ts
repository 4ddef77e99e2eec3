import { splitIntoWords } from "../../../core/search/analysis/words.ts";
import type { GeoPoint } from "../../../core/search/clause.ts";
import { extractFields, findObjects } from "../../../core/search/fields.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { matchesAny } from "../../../lib/util/matches-any.ts";

/** What is indexed of one field. */
export interface IndexedField {
  readonly path: string;
  /** As by `encodeValue`, each once. */
  readonly values: readonly string[];
  /** The folded words of each of its texts, in order. */
  readonly texts: readonly (readonly string[])[];
}

/** A document, or an item of a nested array in it. */
export interface DocumentPart {
  /** The nested path of an item; `undefined` for the document itself. */
  readonly nested: string | undefined;
  /** Position of the part that has the item. */
  readonly parent: number;
  readonly fields: readonly IndexedField[];
}

/** Maximum number of items of nested arrays in a document. Further ones are found as part of the document only. */
const MAX_ITEMS = 1000;

/**
 * Returns what is indexed of a document: first the document as a whole, then each item of its nested arrays on its own,
 * with the same paths.
 */
export const splitDocument = (
  document: JsonObject,
  { nested, excluded }: { readonly nested: readonly string[]; readonly excluded: readonly string[] },
): readonly [DocumentPart, ...DocumentPart[]] => {
  const items: DocumentPart[] = [];

  const addItems = (object: JsonObject, base: string, parent: number): void => {
    for (const path of outermostPaths(nested, base))
      for (const item of findObjects(object, path.slice(base.length))) {
        if (items.length === MAX_ITEMS) return;
        const position = items.push({ nested: path, parent, fields: indexFields(item, path, excluded) });
        addItems(item, `${path}.`, position);
      }
  };

  addItems(document, "", 0);
  return [{ nested: undefined, parent: 0, fields: indexFields(document, "", excluded) }, ...items];
};

/** The paths that begin with a base and are not below another such path. */
const outermostPaths = (paths: readonly string[], base: string): readonly string[] => {
  const within = paths.filter((path) => path.startsWith(base) && path.length > base.length);
  return within.filter((path) => !within.some((other) => path.startsWith(`${other}.`)));
};

/** The path of a field's points, beside its other values. No field has such a path. */
export const pointsPath = (path: string): string => `${path}\0`;

/**
 * The path of the words of all fields beyond the first {@link MAX_OWN_FIELDS} of an index. Searches of all fields look at
 * these words as those of one field, so that their cost does not grow with the number of different keys.
 */
export const FURTHER_FIELDS_PATH = "\0further";

/** Fields of an index that searches of all fields look at one by one. */
export const MAX_OWN_FIELDS = 200;

/** Whether a path is not that of a field: of points, or of the words of several fields. */
export const isInnerPath = (path: string): boolean => path.includes("\0");

const encodePoint = ({ lat, lon }: GeoPoint): string => `${lat},${lon}`;

/** Reverses the encoding of a point in the column of {@link pointsPath}. */
export const decodePoint = (encoded: string): GeoPoint => {
  const [lat, lon] = encoded.split(",").map(Number);
  return { lat: lat as number, lon: lon as number };
};

const indexFields = (object: JsonObject, root: string, excluded: readonly string[]): IndexedField[] =>
  extractFields(object, root)
    .fields.filter(({ path }) => excluded.length === 0 || !matchesAny(excluded, path))
    .flatMap(({ path, values, texts, points }) => [
      { path, values, texts: texts.map(splitIntoWords).filter((words) => words.length > 0) },
      ...(points.length === 0
        ? []
        : [{ path: pointsPath(path), values: [...new Set(points.map(encodePoint))], texts: [] }]),
    ]);
