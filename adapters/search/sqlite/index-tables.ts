import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { IndexWrite } from "../../../core/ports/search-engine.ts";
import type { Clause } from "../../../core/search/clause.ts";
import { extractFields, MAX_FIELDS } from "../../../core/search/fields.ts";
import { splitWords } from "../../../lib/text-segmentation/words.ts";

/** A field's number is its document's number, shifted by this many bits, plus its index in the document. */
const FIELD_BITS = 10;
if (MAX_FIELDS > 2 ** FIELD_BITS) throw new Error("FIELD_BITS is too small for MAX_FIELDS");

const TABLES = ["doc", "path", "leaf", "value", "text"] as const;
/** The tables of an index: documents and tombstones, paths, fields (`leaf`), values of fields, and words of fields. */
type Tables = Readonly<Record<(typeof TABLES)[number], string>>;

/** The quoted names of an index's tables. Throws if the name is invalid. */
export const indexTables = (index: string): Tables => {
  if (!/^[a-z0-9]{1,64}$/.test(index)) throw new TypeError(`Not the name of an index: ${index.slice(0, 80)}`);
  return Object.fromEntries(TABLES.map((table) => [table, `"${table}_${index}"`])) as Tables;
};

export const createTables = (t: Tables): string => `
  create table if not exists ${t.doc}
    (n integer primary key, id text not null unique, version integer not null, body text, gone_at integer);
  create table if not exists ${t.path} (n integer primary key, name text not null unique);
  create table if not exists ${t.leaf} (n integer primary key, path integer not null);
  create table if not exists ${t.value}
    (path integer not null, v text not null, doc integer not null, primary key (path, v, doc)) without rowid;
  create virtual table if not exists ${t.text} using fts5(t, content = '', contentless_delete = 1, tokenize = 'ascii');
  create index if not exists ${t.doc.replace("doc_", "gone_")} on ${t.doc} (gone_at) where gone_at is not null;
  create index if not exists ${t.leaf.replace("leaf_", "leaves_")} on ${t.leaf} (path);
  create index if not exists ${t.value.replace("value_", "values_")} on ${t.value} (doc);`;

export const dropTables = (t: Tables): string => TABLES.map((table) => `drop table if exists ${t[table]};`).join("\n");

/** Writes to one index. The number of statements per document does not depend on its fields. */
export class IndexWriter {
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: readonly StatementSync[];
  readonly #insert: readonly StatementSync[];
  readonly #deleteTombstones: StatementSync;

  constructor(database: DatabaseSync, t: Tables) {
    const first = `?1 << ${FIELD_BITS}`;
    const ofDocument = `between (${first}) and (${first}) + ${2 ** FIELD_BITS - 1}`;
    this.#find = database.prepare(`select n, version, body is not null as alive from ${t.doc} where id = ?`);
    this.#put = database.prepare(
      `insert into ${t.doc} (id, version, body, gone_at) values (?, ?, ?, ?)
       on conflict (id) do update
       set version = excluded.version, body = excluded.body, gone_at = excluded.gone_at returning n`,
    );
    this.#delete = [
      `delete from ${t.text} where rowid in (select n from ${t.leaf} where n ${ofDocument})`,
      `delete from ${t.leaf} where n ${ofDocument}`,
      `delete from ${t.value} where doc = ?1`,
    ].map((sql) => database.prepare(sql));
    this.#insert = [
      `insert or ignore into ${t.path} (name) select value ->> 'path' from json_each(?2) where ?1 is not null`,
      `insert into ${t.leaf} (n, path)
       select (${first}) + key, (select n from ${t.path} where name = value ->> 'path') from json_each(?2)`,
      `insert into ${t.text} (rowid, t)
       select (${first}) + key, value ->> 'text' from json_each(?2) where value ->> 'text' <> ''`,
      `insert into ${t.value} (path, v, doc)
       select (select n from ${t.path} where name = leaf.value ->> 'path'), v.value, ?1
       from json_each(?2) leaf, json_each(leaf.value, '$.values') v`,
    ].map((sql) => database.prepare(sql));
    this.#deleteTombstones = database.prepare(`delete from ${t.doc} where gone_at < ?`);
  }

  /** Writes a document, unless the index has a newer version, or the same one and it is no replay. @param now milliseconds since 1970 */
  write({ id, version, document, replay = false }: IndexWrite, now: number): void {
    const present = this.#find.get(id);
    if (present !== undefined && Number(present.version) >= (replay ? version + 1 : version)) return;
    const body = document === null ? null : JSON.stringify(document);
    const n = Number(this.#put.get(id, version, body, document === null ? now : null)?.n);
    if (present?.alive === 1) for (const statement of this.#delete) statement.run(n);
    if (document === null) return;
    const fields = extractFields(document).fields.map(({ path, texts, values }) => ({
      path,
      values,
      text: toIndexedText(texts),
    }));
    const json = JSON.stringify(fields);
    for (const statement of this.#insert) statement.run(n, json);
  }

  /** Deletes tombstones older than `before`, in milliseconds since 1970. */
  deleteTombstones(before: number): void {
    this.#deleteTombstones.run(before);
  }
}

type Value = string | number | null;
/** Runs an SQL query with bound values. */
export type Query = (...values: Value[]) => Iterable<Row>;
export type Row = Readonly<Record<string, unknown>>;

/** The queries on an index. Each statement is prepared when it is first used. */
export const prepareStatements = (database: DatabaseSync, t: Tables) => {
  const query = (sql: string): Query => {
    let statement: StatementSync | undefined;
    return (...values) => {
      statement ??= database.prepare(sql);
      return statement.iterate(...values) as Iterable<Row>;
    };
  };
  const alive = `from ${t.doc} where body is not null`;
  const onePath = `path = (select n from ${t.path} where name = ?1)`;
  const paths = `path in (select n from ${t.path} where name in (select value from json_each(?1)))`;
  const anyValue = "v in (select value from json_each(?2))";
  return {
    all: query(`select n as doc ${alive}`),
    ids: query(`select n as doc ${alive} and id in (select value from json_each(?1))`),
    /** `.` sorts right before `/`, so paths between them are below the path. */
    present: query(
      `select distinct n >> ${FIELD_BITS} as doc from ${t.leaf}
       where path in (select n from ${t.path} where name = ?1 or (name >= ?1 || '.' and name < ?1 || '/'))`,
    ),
    words: query(
      `select f.rowid >> ${FIELD_BITS} as doc, bm25(${t.text}) as score
       from ${t.text} f cross join ${t.leaf} l on l.n = f.rowid
       where f.t match ?2 and l.${onePath}`,
    ),
    wordsAnywhere: query(
      `select rowid >> ${FIELD_BITS} as doc, bm25(${t.text}) as score from ${t.text} where t match ?1`,
    ),
    word: query(
      `select distinct f.rowid >> ${FIELD_BITS} as doc
       from ${t.text} f cross join ${t.leaf} l on l.n = f.rowid where f.t match ?2 and l.${onePath}`,
    ),
    values: query(`select distinct doc from ${t.value} where ${onePath} and ${anyValue}`),
    valuesAnywhere: query(
      `select distinct doc from ${t.value}
       where path in (select n from ${t.path}) and v in (select value from json_each(?1))`,
    ),
    /** The last two values say whether the lower and the upper bound are exclusive. */
    between: query(
      `select distinct doc from ${t.value}
       where ${onePath} and v >= ?2 and v <= ?3 and not (?4 and v = ?2) and not (?5 and v = ?3)`,
    ),
    smallest: query(
      `select doc, v, dense_rank() over (order by v) as rank
       from (select doc, min(v) as v from ${t.value} where ${paths} group by doc)`,
    ),
    greatest: query(
      `select doc, v, dense_rank() over (order by v) as rank
       from (select doc, max(v) as v from ${t.value} where ${paths} group by doc)`,
    ),
    byId: query(`select n as doc ${alive} order by id`),
    valuesByField: query(`select v, doc from ${t.value} where ${paths} order by v`),
    documents: query(`select n as doc, id, body ${alive} and n in (select value from json_each(?1))`),
  };
};
export type PreparedStatements = ReturnType<typeof prepareStatements>;

/**
 * Characters within our words at which FTS5's `ascii` tokenizer would split. They are stored as private-use characters.
 */
const PUNCTUATION = /['".:,;_]/g;
const SEPARATORS = /[\0-\x2f\x3a-\x7f]/;
const PRIVATE_USE = 0xe000;
/** Separates the strings of a list, so that no phrase spans two of them. */
const TEXT_SEPARATOR = ` ${String.fromCharCode(PRIVATE_USE)} `;

const toToken = (word: string): string =>
  word.replace(PUNCTUATION, (char) => String.fromCharCode(PRIVATE_USE + char.charCodeAt(0)));

/** The text that FTS5 indexes for the strings of one field: our words, separated by spaces. */
const toIndexedText = (texts: readonly string[]): string =>
  texts.map((text) => splitWords(text).map(toToken).join(" ")).join(TEXT_SEPARATOR);

/** The FTS5 expression for the words of a text; `undefined` if it has none. */
export const matchExpression = ({ text, match }: Extract<Clause, { is: "words" }>): string | undefined => {
  const found = splitWords(text).map(toToken);
  if (found.length === 0) return undefined;
  if (match === "phrase") return `"${found.join(" ")}"`;
  return [...new Set(found)].map((word) => `"${word}"`).join(match === "all" ? " AND " : " OR ");
};

/** The FTS5 expression for exact words; `undefined` if none of them can be a word. */
export const wordExpression = ({ anyOf, prefix }: Extract<Clause, { is: "word" }>): string | undefined => {
  const possible = [...new Set(anyOf)]
    .map(toToken)
    .filter((word) => word !== "" && !SEPARATORS.test(word.replace(/[a-z]/g, "")));
  return possible.length === 0 ? undefined : possible.map((word) => `"${word}"${prefix ? " *" : ""}`).join(" OR ");
};
