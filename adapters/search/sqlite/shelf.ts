import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { IndexWrite } from "../../../core/ports/search-engine.ts";
import { leavesOf, MOST_PATHS } from "../../../core/search/document.ts";
import { indexedText } from "./fts.ts";

/** A leaf's number is its document's, shifted by this many bits, plus its place in the document. */
export const LEAF_BITS = 10;
if (MOST_PATHS > 2 ** LEAF_BITS) throw new Error("a document's leaves don't fit their numbers");

const TABLES = ["doc", "path", "leaf", "value", "text"] as const;
/** The tables of an index: documents and tombstones, names of paths, leaves, what leaves hold, and their words. */
export type Tables = Readonly<Record<(typeof TABLES)[number], string>>;

/** Quoted names of an index's tables; throws when the name isn't one of an index. */
export const tablesOf = (index: string): Tables => {
  if (!/^[a-z0-9]{1,64}$/.test(index)) throw new TypeError(`not the name of an index: ${index.slice(0, 80)}`);
  return Object.fromEntries(TABLES.map((table) => [table, `"${table}_${index}"`])) as Tables;
};

export const createTables = (t: Tables): string => `
  create table if not exists ${t.doc} (n integer primary key, id text not null unique, version integer not null, body text, gone_at integer);
  create table if not exists ${t.path} (n integer primary key, name text not null unique);
  create table if not exists ${t.leaf} (n integer primary key, path integer not null);
  create table if not exists ${t.value} (path integer not null, v text not null, doc integer not null, primary key (path, v, doc)) without rowid;
  create virtual table if not exists ${t.text} using fts5(t, content = '', contentless_delete = 1, tokenize = 'ascii');
  create index if not exists ${t.doc.replace("doc_", "gone_")} on ${t.doc} (gone_at) where gone_at is not null;
  create index if not exists ${t.leaf.replace("leaf_", "leaves_")} on ${t.leaf} (path);
  create index if not exists ${t.value.replace("value_", "values_")} on ${t.value} (doc);`;

export const dropTables = (t: Tables): string => TABLES.map((table) => `drop table if exists ${t[table]};`).join("\n");

/** Writes into one index: a fixed number of statements for each document, however many fields it has. */
export class Shelf {
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  readonly #clear: readonly StatementSync[];
  readonly #fill: readonly StatementSync[];
  readonly #sweep: StatementSync;

  constructor(database: DatabaseSync, t: Tables) {
    const first = `?1 << ${LEAF_BITS}`;
    const leaves = `between (${first}) and (${first}) + ${2 ** LEAF_BITS - 1}`;
    this.#find = database.prepare(`select n, version, body is not null as alive from ${t.doc} where id = ?`);
    this.#put = database.prepare(
      `insert into ${t.doc} (id, version, body, gone_at) values (?, ?, ?, ?)
       on conflict (id) do update set version = excluded.version, body = excluded.body, gone_at = excluded.gone_at returning n`,
    );
    this.#clear = [
      `delete from ${t.text} where rowid in (select n from ${t.leaf} where n ${leaves})`,
      `delete from ${t.leaf} where n ${leaves}`,
      `delete from ${t.value} where doc = ?1`,
    ].map((sql) => database.prepare(sql));
    this.#fill = [
      `insert or ignore into ${t.path} (name) select value ->> 'path' from json_each(?2) where ?1 is not null`,
      `insert into ${t.leaf} (n, path) select (${first}) + key, (select n from ${t.path} where name = value ->> 'path') from json_each(?2)`,
      `insert into ${t.text} (rowid, t) select (${first}) + key, value ->> 'text' from json_each(?2) where value ->> 'text' <> ''`,
      `insert into ${t.value} (path, v, doc)
       select (select n from ${t.path} where name = leaf.value ->> 'path'), v.value, ?1 from json_each(?2) leaf, json_each(leaf.value, '$.values') v`,
    ].map((sql) => database.prepare(sql));
    this.#sweep = database.prepare(`delete from ${t.doc} where gone_at < ?`);
  }

  /** Does nothing when the document is known at this version or a newer one. */
  write({ id, version, document }: IndexWrite, now: number): void {
    const known = this.#find.get(id);
    if (known !== undefined && Number(known.version) >= version) return;
    const body = document === null ? null : JSON.stringify(document);
    const n = Number(this.#put.get(id, version, body, document === null ? now : null)?.n);
    if (known?.alive === 1) for (const statement of this.#clear) statement.run(n);
    if (document === null) return;
    const leaves = leavesOf(document).leaves.map(({ path, texts, values }) => ({
      path,
      values,
      text: indexedText(texts),
    }));
    const told = JSON.stringify(leaves);
    for (const statement of this.#fill) statement.run(n, told);
  }

  /** Forgets deletions older than `before`, in ms since 1970. */
  sweep(before: number): void {
    this.#sweep.run(before);
  }
}
