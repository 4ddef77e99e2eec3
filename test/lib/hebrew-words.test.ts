import { expect, it } from "@jest/globals";
import { words } from "../../lib/text-segmentation/words.ts";

it.each([
  ["ש'1", ["ש'1"]],
  ["ש' 1", ["ש'", "1"]],
  ["ש'_a", ["ש'_a"]],
  ['ש"ש', ['ש"ש']],
  ["ש\"ש'", ['ש"ש']],
  ["ש’ש'", ["ש’ש"]],
])("takes a quote after a Hebrew letter for part of the word, as OpenSearch does: %s", (text, found) => {
  expect(words(text)).toEqual(found);
});
