import type { JsonObject } from "../../../lib/json.ts";
import { matchesAny } from "../../../lib/util/matches-any.ts";
import { Failure } from "../../errors.ts";
import type { Clause } from "../clause.ts";
import { extractFields, OTHER_FIELDS_PATH } from "../fields.ts";
import { findMarks, type MarkBudget } from "./find-marks.ts";
import { makeFragments, makeLead } from "./fragments.ts";
import type { HighlightedField, Highlighting } from "./parse-highlight.ts";
import { listSought, type Sought } from "./sought-words.ts";

/** Marks what was found in a document, by path: `{"title": ["A cloud over the <em>sea</em>"]}`. */
export type Highlighter = (document: JsonObject) => JsonObject;

/** Maximum length of all texts that are marked for one answer, in UTF-16 units. A megabyte takes about 0.2 s. */
const MAX_TEXT_UNITS = 5_000_000;
const MAX_PHRASE_STEPS = 5_000_000;

/**
 * Creates a function that marks what a query seeks. It looks only at the given document, which is the one that the user
 * sees.
 * @example
 * const highlight = await createHighlighter(request.query, request.highlight);
 * highlight({ title: "The sea" }); // { title: ["The <em>sea</em>"] }
 */
export const createHighlighter = async (query: Clause, { fields, escapesHtml }: Highlighting): Promise<Highlighter> => {
  const ofQuery = await listSought(query);
  const sought = await Promise.all(
    fields.map(async ({ query: own }) => (own === undefined ? ofQuery : listSought(own))),
  );
  let units = 0;
  const budget: MarkBudget = { phraseSteps: MAX_PHRASE_STEPS };
  return (document) => {
    const found = new Map<string, string[]>();
    for (const { path, texts } of extractFields(document).fields) {
      if (path === OTHER_FIELDS_PATH) continue;
      const index = fields.findIndex(({ pattern }) => matchesField(pattern, path));
      const field = fields[index];
      if (field === undefined || texts.length === 0) continue;
      units += texts.reduce((sum, { length }) => sum + length, 0);
      if (units > MAX_TEXT_UNITS)
        throw new Failure("REQUEST_TOO_LARGE", {
          message: `The texts to highlight have more than ${MAX_TEXT_UNITS} characters. Ask for fewer hits by size, or for fewer fields in highlight.`,
        });
      const fragments = markTexts(texts, soughtIn(sought[index] ?? [], path, field), { ...field, escapesHtml }, budget);
      if (fragments.length > 0) found.set(path, fragments);
    }
    return Object.fromEntries(found);
  };
};

/** `title.keyword` is the field `title` too. */
const matchesField = (pattern: string, path: string): boolean =>
  matchesAny([pattern], path) || pattern === `${path}.keyword`;

const soughtIn = (
  sought: readonly Sought[],
  path: string,
  { requiresFieldMatch }: HighlightedField,
): readonly Sought[] => (requiresFieldMatch ? sought.filter((one) => one.path === null || one.path === path) : sought);

const markTexts = (
  texts: readonly string[],
  sought: readonly Sought[],
  style: HighlightedField & { readonly escapesHtml: boolean },
  budget: MarkBudget,
): string[] => {
  const max = style.fragments === 0 ? texts.length : style.fragments;
  const fragments = texts.flatMap((text) => makeFragments(text, findMarks(text, sought, budget), style));
  const [text = ""] = texts;
  if (fragments.length === 0) return style.noMatchUnits === 0 ? [] : [makeLead(text, style.noMatchUnits, style)];
  const ordered = style.byScore ? fragments.toSorted((a, b) => b.score - a.score) : fragments;
  return ordered.slice(0, max).map((fragment) => fragment.text);
};
