import type { IndexDefinition } from "../../../core/ports/search-engine.ts";
import { splitIntoWords } from "../../../core/search/analysis/words.ts";
import type { GeoPoint } from "../../../core/search/clause.ts";
import { extractFields, findObjects } from "../../../core/search/fields.ts";
import { encodedDate } from "../../../core/search/values.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { matchesAny } from "../../../lib/util/matches-any.ts";

/** A document, or an object of a nested array, as searches see it. */
export interface Part {
  readonly id: string;
  /** What is at each path. */
  readonly fields: ReadonlyMap<string, PartField>;
  /** The paths that are present. */
  readonly paths: ReadonlySet<string>;
  /** The objects of the nested array at a path. */
  readonly items: (path: string) => readonly Part[];
}

export interface PartField {
  /** Encoded values, without dates. */
  readonly values: readonly string[];
  /** Encoded dates. */
  readonly dates: readonly string[];
  /** What sorts compare: dates instead of the texts that are dates. */
  readonly sorted: readonly string[];
  /** The words of each text. */
  readonly texts: readonly (readonly string[])[];
  readonly points: readonly GeoPoint[];
}

/** Reads a document. @param root path of the object within the record */
export const toPart = (
  id: string,
  document: JsonObject,
  definition: Pick<IndexDefinition, "nested" | "excluded">,
  root = "",
): Part => {
  const { fields, paths } = extractFields(document, root);
  const kept = fields.filter(({ path }) => !matchesAny(definition.excluded, path));
  const keptPaths = [...paths].filter((path) =>
    kept.some((field) => field.path === path || field.path.startsWith(`${path}.`)),
  );
  return {
    id,
    paths: new Set(keptPaths),
    fields: new Map(
      kept.map(({ path, values, texts, points }) => [
        path,
        {
          values: values.filter((value) => !value.startsWith("d")),
          dates: values.filter((value) => value.startsWith("d")),
          sorted: values.filter((value) => encodedDate(value) === undefined),
          texts: texts.map(splitIntoWords).filter((words) => words.length > 0),
          points,
        },
      ]),
    ),
    items: (path) => {
      if (!definition.nested.includes(path) || path === root) return [];
      const inner = root === "" ? path : path.slice(root.length + 1);
      return findObjects(document, inner).map((item) => toPart(id, item, definition, path));
    },
  };
};
