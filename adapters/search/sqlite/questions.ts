import type { DatabaseSync, StatementSync } from "node:sqlite";
import { LEAF_BITS, type Tables } from "./shelf.ts";

type Value = string | number | null;
/** One SQL question, asked with values bound to it. */
export type Ask = (...values: Value[]) => Iterable<Row>;
export type Row = Readonly<Record<string, unknown>>;

/** Everything that is asked of an index; each statement is prepared when first used. */
export const questionsOn = (database: DatabaseSync, t: Tables) => {
  const ask = (sql: string): Ask => {
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
    all: ask(`select n as doc ${alive}`),
    ids: ask(`select n as doc ${alive} and id in (select value from json_each(?1))`),
    /** `.` sorts right before `/`: what is between them is below the path. */
    present: ask(
      `select distinct n >> ${LEAF_BITS} as doc from ${t.leaf}
       where path in (select n from ${t.path} where name = ?1 or (name >= ?1 || '.' and name < ?1 || '/'))`,
    ),
    words: ask(
      `select f.rowid >> ${LEAF_BITS} as doc, bm25(${t.text}) as score from ${t.text} f cross join ${t.leaf} l on l.n = f.rowid
       where f.t match ?2 and l.${onePath}`,
    ),
    wordsAnywhere: ask(`select rowid >> ${LEAF_BITS} as doc, bm25(${t.text}) as score from ${t.text} where t match ?1`),
    word: ask(
      `select distinct f.rowid >> ${LEAF_BITS} as doc from ${t.text} f cross join ${t.leaf} l on l.n = f.rowid where f.t match ?2 and l.${onePath}`,
    ),
    values: ask(`select distinct doc from ${t.value} where ${onePath} and ${anyValue}`),
    valuesAnywhere: ask(
      `select distinct doc from ${t.value} where path in (select n from ${t.path}) and v in (select value from json_each(?1))`,
    ),
    /** Bounds are inclusive here; the flags say which of them are not meant so. */
    between: ask(
      `select distinct doc from ${t.value} where ${onePath} and v >= ?2 and v <= ?3 and not (?4 and v = ?2) and not (?5 and v = ?3)`,
    ),
    least: ask(
      `select doc, v, dense_rank() over (order by v) as rank from (select doc, min(v) as v from ${t.value} where ${paths} group by doc)`,
    ),
    greatest: ask(
      `select doc, v, dense_rank() over (order by v) as rank from (select doc, max(v) as v from ${t.value} where ${paths} group by doc)`,
    ),
    byId: ask(`select n as doc ${alive} order by id`),
    held: ask(`select v, doc from ${t.value} where ${paths} order by v`),
    documents: ask(`select n as doc, id, body ${alive} and n in (select value from json_each(?1))`),
  };
};
export type Questions = ReturnType<typeof questionsOn>;
