import { expect, it } from "@jest/globals";
import { splitWords } from "../../lib/text-segmentation/words.ts";

it.each([
  ["ש'1", ["ש'1"]],
  ["ש' 1", ["ש'", "1"]],
  ["ש'_a", ["ש'_a"]],
  ['ש"ש', ['ש"ש']],
  ["ש\"ש'", ['ש"ש']],
  ["ש’ש'", ["ש’ש"]],
])("keeps a quote after a Hebrew letter in the word, as OpenSearch does: %s", (text, found) => {
  expect(splitWords(text)).toEqual(found);
});
