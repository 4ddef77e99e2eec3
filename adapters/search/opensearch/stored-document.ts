import type { IndexDefinition } from "../../../core/ports/search-engine.ts";
import { stemWord } from "../../../core/search/analysis/stem-word.ts";
import { splitIntoWords } from "../../../core/search/analysis/words.ts";
import { isTime } from "../../../core/search/dates/round-date.ts";
import { type DocumentFields, extractFields, findObjects } from "../../../core/search/fields.ts";
import { decodeDate, decodeToNumber, encodedDate } from "../../../core/search/values.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { matchesAny } from "../../../lib/util/matches-any.ts";
import { MAX_LEAVES, MAX_NESTED_DEPTH } from "./index-template.ts";

type Definition = Pick<IndexDefinition, "language" | "nested" | "excluded">;

/**
 * What OpenSearch indexes of a document: its fields, and those of the objects of its nested arrays. Objects beyond
 * OpenSearch's limit of nested documents are found as part of the document only.
 */
export const toStoredFields = (document: JsonObject, definition: Definition): JsonObject => {
  let leaves = 0;
  const { language, nested, excluded } = definition;

  const toPart = (object: JsonObject, root: string, depth: number): JsonObject | undefined => {
    const { fields, paths } = withoutExcluded(extractFields(object, root), excluded);
    leaves += fields.length + 1;
    if (leaves > MAX_LEAVES) return undefined;
    const items = depth === MAX_NESTED_DEPTH ? [] : [...toItems(object, root, depth + 1)];
    return {
      paths: [...paths],
      leaf: fields.map((field) => toLeaf(field, language)),
      ...(items.length > 0 && { item: items }),
    };
  };

  function* toItems(object: JsonObject, root: string, depth: number): Generator<JsonObject> {
    for (const path of innermostPaths(nested, root))
      for (const inner of findObjects(object, root === "" ? path : path.slice(root.length + 1))) {
        const part = toPart(inner, path, depth);
        if (part === undefined) return;
        yield { at: path, ...part };
      }
  }

  return toPart(document, "", 0) ?? {};
};

/** The nested paths below another one, without those that are below one of them. */
const innermostPaths = (nested: readonly string[], root: string): readonly string[] => {
  const below = nested.filter((path) => root === "" || path.startsWith(`${root}.`));
  return below.filter((path) => !below.some((other) => path.startsWith(`${other}.`)));
};

const withoutExcluded = ({ fields, paths }: DocumentFields, excluded: readonly string[]): DocumentFields => {
  if (excluded.length === 0) return { fields, paths };
  const kept = fields.filter(({ path }) => !matchesAny(excluded, path));
  const isKept = (path: string) => kept.some((field) => field.path === path || field.path.startsWith(`${path}.`));
  return { fields: kept, paths: paths.filter(isKept) };
};

const toLeaf = ({ path, texts, values, points }: DocumentFields["fields"][number], language: string): JsonObject => {
  const words = texts.map(splitIntoWords);
  const stems = words.map((text) => text.map((word) => stemWord(word, language)));
  const length = words.reduce((sum, text) => sum + text.length, 0);
  const dates = values.filter((value) => value.startsWith("d"));
  const numbers = values.map(decodeToNumber).filter((value) => !Number.isNaN(value));
  const instants = numbers.map(Math.floor).filter(isTime);
  return {
    p: path,
    ...(length > 0 && {
      t: words.map((text) => text.join(" ")),
      s: stems.map((text) => text.join(" ")),
      k: [...new Set(words.flat())],
      w: length,
    }),
    v: values.filter((value) => !value.startsWith("d")),
    o: values.filter((value) => encodedDate(value) === undefined),
    ...(numbers.length > 0 && { n: numbers }),
    ...(instants.length > 0 && { i: instants }),
    ...(dates.length > 0 && { d: dates.map(decodeDate) }),
    ...(points.length > 0 && { l: points.map(({ lat, lon }) => ({ lat, lon })) }),
  };
};
