import type { IndexDefinition } from "../../../core/ports/search-engine.ts";
import { type Json, type JsonObject, parseJson } from "../../../lib/json.ts";
import { BLOCK_SIZE, Blocks } from "./blocks.ts";
import { DocNumbers } from "./doc-numbers.ts";
import { DocSet } from "./doc-set.ts";
import {
  type DocumentPart,
  FURTHER_FIELDS_PATH,
  type IndexedField,
  MAX_OWN_FIELDS,
  splitDocument,
} from "./document-parts.ts";
import { decodeEntries, encodeEntries } from "./entries.ts";
import { FieldColumn, type FieldEntry } from "./field-column.ts";
import { IndexFile, type IndexPosition, UnusableFileError } from "./index-file.ts";
import { PostingsReader, toSeparator, toToken } from "./postings.ts";
import { type StemWord, Vocabulary } from "./vocabulary.ts";

/** A record that was written, with the JSON text of its document, or removed from the index. */
export interface IndexChange {
  readonly id: string;
  readonly json: string | null;
}

/** Changes of a list, and where they are on the way through it. */
export interface IndexChanges {
  readonly from: IndexPosition;
  readonly to: IndexPosition;
  readonly changes: readonly IndexChange[];
}

const MIN_CAPACITY = 1024;

/** A document in a block, or an item with the number of the part that has it and its path; `null` for a free number. */
type StoredPart = readonly [id: string, fields: readonly number[], parent?: number, nested?: string] | null;

/**
 * An index in memory, and the file that it was read from. Numbers, values and ids are in memory; words are in the file.
 * After an error it must be closed, since memory and file may differ.
 */
export class OpenIndex {
  readonly file: IndexFile;
  readonly postings: PostingsReader;
  readonly vocabulary: Vocabulary;
  readonly columns = new Map<string, FieldColumn>();
  readonly #definition: IndexDefinition;
  readonly #blocks: Blocks;
  /** Blocks of documents that are changed by the present transaction. */
  readonly #parts = new Map<number, StoredPart[]>();
  readonly #fields = new Map<number, FieldColumn>();
  readonly #ids: (string | undefined)[] = [];
  readonly #numbers = new Map<string, number>();
  /** For each item of a nested array, the number of the part that has it, plus 1. */
  readonly #parents = new DocNumbers();
  /** The items of a part. */
  readonly #children = new Map<number, number[]>();
  readonly #items = new Map<string, DocSet>();
  readonly #free: number[] = [];
  readonly #dataVersion: number;
  #docs: DocSet;
  #end = 0;

  private constructor(file: IndexFile, definition: IndexDefinition, stem: StemWord) {
    this.file = file;
    this.#definition = definition;
    this.postings = new PostingsReader(file);
    this.#blocks = new Blocks(file);
    this.vocabulary = new Vocabulary(this.#blocks, stem);
    this.#dataVersion = file.dataVersion;
    const parts = [...this.#blocks.readAll("document", 0)] as StoredPart[];
    this.#docs = new DocSet(Math.max(MIN_CAPACITY, Math.ceil(parts.length * 1.25)));
    for (const { n, path } of file.iterate("select n, path from field order by n"))
      this.#addField(Number(n), String(path));
    for (const { field, items } of this.#blocks.readKind("value"))
      this.#fieldOf(field).load(items as readonly (string | null)[]);
    for (const part of parts) {
      const n = this.#end++;
      if (part === null) {
        this.#free.push(n);
        continue;
      }
      const [id, fields, parent, nested] = part;
      this.#register(n, id, parent === undefined || nested === undefined ? undefined : { parent, nested });
      for (const [field, entry] of decodeEntries(fields)) this.#fieldOf(field).add(n, entry, this.size);
    }
  }

  /** Opens an index and reads it into memory. @throws UnusableFileError */
  static open(path: string, generation: string, definition: IndexDefinition, stem: StemWord): OpenIndex {
    const file = IndexFile.open(path, { generation, definition: definition.hash });
    try {
      return new OpenIndex(file, definition, stem);
    } catch (error) {
      file.close();
      throw new UnusableFileError("The file is damaged", { cause: error });
    }
  }

  /** Document numbers are below it. */
  get size(): number {
    return this.#docs.size;
  }

  get docs(): DocSet {
    return this.#docs;
  }

  get position(): IndexPosition {
    return this.file.position;
  }

  /** Whether the file is as this connection has left it. */
  get isCurrent(): boolean {
    return this.file.dataVersion === this.#dataVersion;
  }

  idOf(doc: number): string {
    return this.#ids[doc] ?? "";
  }

  docOf(id: string): number | undefined {
    return this.#numbers.get(id);
  }

  itemsOf(path: string): DocSet | undefined {
    return this.#items.get(path);
  }

  /** The number of the part that has an item. */
  parentOf(item: number): number {
    return this.#parents.get(item) - 1;
  }

  /**
   * Applies changes and moves the position, in one transaction. Does nothing if the index is not at `from`.
   * @returns the position of the index
   */
  apply({ from, to, changes }: IndexChanges): IndexPosition {
    const position = this.file.transact(() => {
      const present = this.file.position;
      if (!this.isCurrent || !isSamePosition(present, from)) return present;
      for (const change of changes) this.#applyChange(change);
      this.#blocks.flush();
      this.#parts.clear();
      this.file.position = to;
      return to;
    });
    this.postings.clear();
    return position;
  }

  close(): void {
    this.file.close();
  }

  #applyChange({ id, json }: IndexChange): void {
    const present = this.#numbers.get(id);
    if (present !== undefined) this.#remove(present);
    if (json === null) return;
    const parts = splitDocument(parseJson(json) as JsonObject, this.#definition);
    const numbers: number[] = [];
    for (const part of parts) numbers.push(this.#insert(id, part, numbers[part.parent]));
  }

  #insert(id: string, part: DocumentPart, parent: number | undefined): number {
    const { nested } = part;
    const n = this.#free.pop() ?? this.#end++;
    if (n >= this.size) this.#grow();
    this.#register(n, id, nested === undefined || parent === undefined ? undefined : { parent, nested });
    const fields = this.#withFurtherWords(part.fields);
    const entries = fields.map((field): [number, FieldEntry] => this.#insertField(n, field));
    const numbers = encodeEntries(entries);
    this.#setPart(n, nested === undefined || parent === undefined ? [id, numbers] : [id, numbers, parent, nested]);
    const body = fields.flatMap(({ path, texts }) => {
      const field = (this.columns.get(path) as FieldColumn).number;
      return texts.map((words) => words.map((word) => toToken(field, word)).join(" ")).join(` ${toSeparator(field)} `);
    });
    this.file.run("insert into words (rowid, body) values (?, ?)", n, body.join(" "));
    return n;
  }

  /** Adds the words of the fields that searches of all fields do not look at one by one. */
  #withFurtherWords(fields: readonly IndexedField[]): readonly IndexedField[] {
    const texts = fields.flatMap((field) => (this.#numberOf(field.path) < MAX_OWN_FIELDS ? [] : field.texts));
    return texts.length === 0 ? fields : [...fields, { path: FURTHER_FIELDS_PATH, values: [], texts }];
  }

  #numberOf(path: string): number {
    return (this.columns.get(path) ?? this.#createField(path)).number;
  }

  #insertField(doc: number, { path, values, texts }: IndexedField): [number, FieldEntry] {
    const column = this.columns.get(path) ?? this.#createField(path);
    const numbers = values.map((text) => {
      const { n, isNew } = column.intern(text);
      if (isNew) this.#markValue(column, n);
      return n;
    });
    for (const words of texts) this.vocabulary.add(column.number, words);
    const entry = { words: texts.reduce((sum, words) => sum + words.length, 0), values: numbers };
    column.add(doc, entry, this.size);
    return [column.number, entry];
  }

  /** The parts in the block of a document. */
  #partsOf(doc: number): StoredPart[] {
    const block = Math.floor(doc / BLOCK_SIZE);
    let parts = this.#parts.get(block);
    if (parts === undefined) {
      parts = this.#blocks.read("document", 0, block) as StoredPart[];
      this.#parts.set(block, parts);
    }
    return parts;
  }

  #setPart(doc: number, part: StoredPart): void {
    const parts = this.#partsOf(doc);
    while (parts.length < doc % BLOCK_SIZE) parts.push(null);
    parts[doc % BLOCK_SIZE] = part;
    this.#blocks.markChanged("document", 0, doc, () => parts as Json[]);
  }

  #markValue(column: FieldColumn, n: number): void {
    this.#blocks.markChanged("value", column.number, n, (start, end) => column.textsOf(start, end));
  }

  #createField(path: string): FieldColumn {
    const number = this.#fields.size;
    this.file.run("insert into field (n, path) values (?, ?)", number, path);
    return this.#addField(number, path);
  }

  #addField(number: number, path: string): FieldColumn {
    const column = new FieldColumn(number, path);
    this.columns.set(path, column);
    this.#fields.set(number, column);
    return column;
  }

  #fieldOf(number: number): FieldColumn {
    const column = this.#fields.get(number);
    if (column === undefined) throw new UnusableFileError(`The field ${number} is missing`);
    return column;
  }

  /** Removes a document with the items of its nested arrays. */
  #remove(doc: number): void {
    for (const item of this.#children.get(doc) ?? []) this.#remove(item);
    this.#children.delete(doc);
    const part = this.#partsOf(doc)[doc % BLOCK_SIZE];
    if (part === undefined || part === null) throw new UnusableFileError(`The document ${doc} is missing`);
    for (const [number, entry] of decodeEntries(part[1])) {
      const column = this.#fieldOf(number);
      for (const value of column.remove(doc, entry, this.size)) this.#markValue(column, value);
    }
    this.#setPart(doc, null);
    this.file.run("delete from words where rowid = ?", doc);
    if (this.#docs.has(doc)) this.#numbers.delete(this.idOf(doc));
    for (const items of this.#items.values()) items.delete(doc);
    this.#docs.delete(doc);
    this.#ids[doc] = undefined;
    this.#parents.set(doc, 0, this.size);
    this.#free.push(doc);
  }

  #register(n: number, id: string, item: { readonly parent: number; readonly nested: string } | undefined): void {
    this.#ids[n] = id;
    if (item === undefined) {
      this.#docs.add(n);
      this.#numbers.set(id, n);
      return;
    }
    this.#parents.set(n, item.parent + 1, this.size);
    const children = this.#children.get(item.parent);
    if (children === undefined) this.#children.set(item.parent, [n]);
    else children.push(n);
    const items = this.#items.get(item.nested);
    if (items === undefined) this.#items.set(item.nested, DocSet.of(this.size, [n]));
    else items.add(n);
  }

  #grow(): void {
    const size = Math.ceil(this.size * 1.5);
    this.#docs = this.#docs.grow(size);
    for (const [path, items] of this.#items) this.#items.set(path, items.grow(size));
  }
}

export const isSamePosition = (a: IndexPosition, b: IndexPosition): boolean =>
  a.timestamp === b.timestamp && a.cursor?.revision === b.cursor?.revision && a.cursor?.id === b.cursor?.id;
