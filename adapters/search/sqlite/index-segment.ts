import type { WordMatch } from "../../../core/search/clause.ts";
import type { DocSet } from "./doc-set.ts";
import { FURTHER_FIELDS_PATH, isInnerPath, MAX_OWN_FIELDS } from "./document-parts.ts";
import type { FieldColumn } from "./field-column.ts";
import { matchPhrase, matchWord, type WordSource } from "./match-words.ts";
import type { OpenIndex } from "./open-index.ts";
import type { DocScores, NestedSegment, PhraseMatch, Segment, VocabularyWord } from "./segment.ts";

/** An open index, or the items of a nested array in it, or a part of the documents, as it is searched. */
export class IndexSegment implements Segment {
  readonly size: number;
  readonly docs: DocSet;
  readonly #index: OpenIndex;
  readonly #words: WordSource;

  /** @param docs the documents that searches may find */
  constructor(index: OpenIndex, docs: DocSet = index.docs) {
    this.#index = index;
    this.size = index.size;
    this.docs = docs;
    this.#words = {
      size: index.size,
      postings: index.postings,
      vocabulary: index.vocabulary,
      textFields: (path) => findTextFields(index, path),
    };
  }

  idOf(doc: number): string {
    return this.#index.idOf(doc);
  }

  docOf(id: string): number | undefined {
    const doc = this.#index.docOf(id);
    return doc !== undefined && this.docs.has(doc) ? doc : undefined;
  }

  column(path: string): FieldColumn | undefined {
    return this.#index.columns.get(path);
  }

  *paths(): Iterable<string> {
    for (const path of this.#index.columns.keys()) if (!isInnerPath(path)) yield path;
  }

  matchWord(path: string | null, match: WordMatch, scored: boolean): DocScores {
    return this.#restrict(matchWord(this.#words, path, match, scored));
  }

  matchPhrase(path: string | null, phrase: PhraseMatch): DocScores {
    return this.#restrict(matchPhrase(this.#words, path, phrase));
  }

  expand(path: string | null, match: WordMatch, limit: number): readonly VocabularyWord[] {
    const docs = new Map<string, number>();
    for (const { number } of this.#words.textFields(path))
      for (const { word } of this.#index.vocabulary.expand(number, match)) {
        const found = this.#index.postings.read(number, word).docs;
        const count = found.reduce((sum, doc) => sum + (this.docs.has(doc) ? 1 : 0), 0);
        if (count > 0) docs.set(word, Math.max(docs.get(word) ?? 0, count));
      }
    return Array.from(docs, ([word, count]) => ({ word, docs: count }))
      .sort((a, b) => b.docs - a.docs || (a.word < b.word ? -1 : 1))
      .slice(0, limit);
  }

  nested(path: string): NestedSegment | undefined {
    const all = this.#index.itemsOf(path);
    if (all === undefined) return undefined;
    const parentOf = (item: number): number => {
      let doc = this.#index.parentOf(item);
      while (doc >= 0 && !this.docs.has(doc) && !this.#index.docs.has(doc)) doc = this.#index.parentOf(doc);
      return doc;
    };
    const items = all.copy();
    all.forEach((item) => {
      const parent = parentOf(item);
      if (parent < 0 || !this.docs.has(parent)) items.delete(item);
    });
    return { items: new IndexSegment(this.#index, items), parentOf };
  }

  #restrict({ docs, scores }: DocScores): DocScores {
    return { docs: docs.and(this.docs), scores };
  }
}

const findTextFields = ({ columns }: OpenIndex, path: string | null): readonly FieldColumn[] => {
  const fields =
    path === null
      ? [...[...columns.values()].slice(0, MAX_OWN_FIELDS), columns.get(FURTHER_FIELDS_PATH)]
      : [columns.get(path)];
  return fields.filter((field) => field !== undefined && field.texts.docs > 0) as FieldColumn[];
};
