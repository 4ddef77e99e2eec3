import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** Version of the tables. Files of other versions are made anew. */
export const INDEX_FORMAT = 3;
/** Maximum time to wait for another process that holds the file. */
const TIMEOUT_MS = 5000;

/**
 * One index. `block` has the documents, and the values and words of each field, see `Blocks`. The tokens of `words` are the
 * words of a document, each after the number of its field. The document itself is in the store.
 */
const TABLES = `
  create table meta (key text primary key, value text) without rowid;
  create table field (n integer primary key, path text not null);
  create table block (id integer primary key, data blob not null);
  create virtual table words using fts5(
    body, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '!""#$%&()*+,-./:;<=>?@[]^_{|}~'"
  );
  pragma user_version = ${INDEX_FORMAT};`;

/** Tables of the words' places, which SQLite derives from the index. They exist for one connection. */
const PLACES = "create virtual table temp.places using fts5vocab(main, words, instance);";

/** Level of compression of copies, after which time grows faster than the copy shrinks. */
const PACK_LEVEL = 6;
/** Maximum size of a copy of a file, which is compressed when it is kept elsewhere. */
const MAX_COPY_BYTES = 1024 ** 3;

/** Where an index is on its way through the changes of its list. */
export interface IndexPosition {
  /** The list timestamp up to which all changes are applied. */
  readonly timestamp: number;
  /** The last change that is applied, while more are being read. */
  readonly cursor?: { readonly revision: number; readonly id?: string } | undefined;
  /** The last change that was applied. A list without it, or a later change of the record, is not the one that was followed. */
  readonly last?: { readonly id: string; readonly revision: number } | undefined;
  /** Number of changes that were applied since a copy was kept. */
  readonly unsaved?: number | undefined;
}

/** The list timestamp up to which an index has read, the last one not completely if more is to be read. */
export const reachedBy = ({ timestamp, cursor }: IndexPosition): number => cursor?.revision ?? timestamp;

export interface IndexIdentity {
  readonly generation: string;
  /** The hash of the index definition. */
  readonly definition: string;
}

/** The file is not an index, damaged, or made by another version, or for another generation or definition. */
export class UnusableFileError extends Error {}

/** Result codes of SQLite for what it finds in a damaged file: CORRUPT, NOTADB, and short reads. */
const DAMAGE_CODES: readonly unknown[] = [11, 26, 522];
/** Result code FULL. */
const FULL_CODE = 13;

/** Whether an error shows that the content of a file is damaged. Blocks are compressed, so damage is found there too. */
export const isDamage = (error: unknown): boolean =>
  error instanceof UnusableFileError ||
  (error instanceof Error &&
    ("errcode" in error
      ? DAMAGE_CODES.includes(error.errcode) || DAMAGE_CODES.includes(Number(error.errcode) & 0xff)
      : "code" in error && String(error.code).startsWith("ZSTD_")));

/** Result codes BUSY and LOCKED. */
const BUSY_CODES: readonly number[] = [5, 6];
const isBusy = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && BUSY_CODES.includes(Number(error.errcode) & 0xff);

/** Whether an error shows that there is no room for a larger file. */
export const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === FULL_CODE;

/** Writes a copy that {@link IndexFile.pack} returned to a file. Throws when it is damaged. */
export const unpackIndexFile = (path: string, packed: Uint8Array): void =>
  writeFileSync(path, zstdDecompressSync(packed, { maxOutputLength: MAX_COPY_BYTES }));

/** The tables of one index in an SQLite file. */
export class IndexFile {
  readonly database: DatabaseSync;
  readonly path: string;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(path: string, database: DatabaseSync) {
    this.path = path;
    this.database = database;
  }

  /** Opens a file, and creates its tables if it is empty. @throws UnusableFileError */
  static open(path: string, identity: IndexIdentity): IndexFile {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path, { timeout: TIMEOUT_MS });
      // What a power failure removes is read again from the store.
      database.exec("pragma journal_mode = wal; pragma synchronous = normal; pragma cache_size = -16000;");
      const file = new IndexFile(path, database);
      if (file.#readFormat() === 0) file.#create(identity);
      const format = file.#readFormat();
      if (format !== INDEX_FORMAT) throw new UnusableFileError(`has format ${format}, not ${INDEX_FORMAT}`);
      database.exec(PLACES);
      const [generation, definition] = [file.readMeta("generation"), file.readMeta("definition")];
      if (generation !== identity.generation || definition !== identity.definition)
        throw new UnusableFileError("belongs to another generation or definition of the collection");
      return file;
    } catch (error) {
      if (database?.isOpen) database.close();
      // A file that another process holds is not damaged.
      if (error instanceof UnusableFileError || isBusy(error)) throw error;
      throw new UnusableFileError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  get position(): IndexPosition {
    return JSON.parse(this.readMeta("position") ?? '{"timestamp":0}') as IndexPosition;
  }

  set position(position: IndexPosition) {
    this.writeMeta("position", JSON.stringify(position));
  }

  /** Changes when another connection has written to the file. */
  get dataVersion(): number {
    return Number(this.get("pragma data_version")?.data_version);
  }

  /** Runs a statement, which is prepared once. */
  run(sql: string, ...values: readonly (string | number | null | Uint8Array)[]): void {
    this.#prepare(sql).run(...values);
  }

  get(sql: string, ...values: readonly (string | number)[]): Readonly<Record<string, unknown>> | undefined {
    return this.#prepare(sql).get(...values);
  }

  iterate(sql: string, ...values: readonly (string | number)[]): Iterable<Readonly<Record<string, unknown>>> {
    return this.#prepare(sql).iterate(...values) as Iterable<Readonly<Record<string, unknown>>>;
  }

  /** A compressed copy of the file. @param scratch path of a file that does not exist, which is removed again */
  pack(scratch: string): Uint8Array {
    try {
      // Merges what many changes have left, which makes the copy smaller by a tenth.
      this.run("insert into words (words) values ('optimize')");
      this.run("vacuum into ?", scratch);
      return zstdCompressSync(readFileSync(scratch), {
        params: { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_compressionLevel]: PACK_LEVEL },
      });
    } finally {
      rmSync(scratch, { force: true });
    }
  }

  /** Runs work in one transaction. */
  transact<T>(work: () => T): T {
    this.database.exec("begin immediate");
    try {
      const result = work();
      this.database.exec("commit");
      return result;
    } catch (error) {
      if (this.database.isTransaction) this.database.exec("rollback");
      throw error;
    }
  }

  readMeta(key: string): string | undefined {
    const value = this.get("select value from meta where key = ?", key)?.value;
    return value === undefined ? undefined : String(value);
  }

  writeMeta(key: string, value: string): void {
    this.run("insert or replace into meta (key, value) values (?, ?)", key, value);
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }

  #readFormat(): number {
    return Number(this.get("pragma user_version")?.user_version);
  }

  #create({ generation, definition }: IndexIdentity): void {
    this.transact(() => {
      // Another process may have made them since.
      if (this.#readFormat() !== 0) return;
      this.database.exec(TABLES);
      this.writeMeta("generation", generation);
      this.writeMeta("definition", definition);
    });
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
