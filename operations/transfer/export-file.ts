import {
  closeSync,
  createReadStream,
  existsSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  type ReadStream,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import type { Readable } from "node:stream";
import { createGunzip, gzipSync } from "node:zlib";
import { UserError } from "../../config/user-error.ts";
import { MAX_LINE_CHARS } from "./lines.ts";

/** Only the owner may read exports: they have the hashes of passwords. */
const OWNER_ONLY = 0o600;
/** Characters that are collected before they are written. */
const CHUNK_CHARS = 1_000_000;

const isGzipped = (path: string): boolean => path.endsWith(".gz");

/** Writes lines to a file or to stdout. What is written before a checkpoint stays whole when the process is killed. */
export interface LineWriter {
  write(line: string): Promise<void>;
  /** Whether enough was collected that it should be written, by {@link flush}. */
  readonly isFull: boolean;
  /** Writes what was collected. @returns the size of the file in bytes */
  flush(): Promise<number>;
  close(): void;
}

/**
 * Opens a file for writing; `-` is stdout. What ends with `.gz` is compressed: each flush is a gzip member of its own, and
 * readers join them. @param bytes the size up to which an earlier run has written it, if it goes on
 */
export const openLineWriter = (path: string, bytes: number | undefined): LineWriter => {
  const isStdout = path === "-";
  const file = isStdout ? 1 : openForWriting(path, bytes);
  let collected: string[] = [];
  let chars = 0;
  let position = bytes ?? 0;
  return {
    write: async (line) => {
      collected.push(line, "\n");
      chars += line.length + 1;
    },
    get isFull() {
      return chars >= CHUNK_CHARS;
    },
    flush: async () => {
      const text = Buffer.from(collected.join(""));
      [collected, chars] = [[], 0];
      if (text.length === 0) return position;
      const content = isGzipped(path) ? gzipSync(text) : text;
      if (isStdout) await new Promise<void>((resolve) => process.stdout.write(content, () => resolve()));
      else
        for (let start = 0; start < content.length; )
          start += writeSync(file, content, start, undefined, position + start);
      position += content.length;
      return position;
    },
    close: () => {
      if (!isStdout) closeSync(file);
    },
  };
};

const openForWriting = (path: string, bytes: number | undefined): number => {
  if (bytes === undefined) {
    requireNewFile(path);
    const file = openSync(path, "w", OWNER_ONLY);
    fchmodSync(file, OWNER_ONLY);
    return file;
  }
  if (!existsSync(path))
    throw new UserError([`${path} is missing, but it has a state file. Remove that to begin the export again.`]);
  const file = openSync(path, "r+", OWNER_ONLY);
  if (fstatSync(file).size < bytes) throw new UserError([`${path} is shorter than its state file says. Remove both.`]);
  ftruncateSync(file, bytes);
  return file;
};

/**
 * Throws a {@link UserError} if a file cannot be created since it exists, or since its folder does not. Empty files are
 * left by exports that are killed at their start.
 */
export const requireNewFile = (path: string): void => {
  if (existsSync(path) && statSync(path).size > 0)
    throw new UserError([`${path} exists. Choose another name, or remove it first.`]);
  const folder = dirname(resolve(path));
  if (!existsSync(folder)) throw new UserError([`There is no folder ${folder}. Create it first.`]);
};

/** The lines of a file, and how much of it was read. */
export interface LineReader {
  readonly lines: AsyncIterable<string>;
  /** The number of bytes that were read. */
  readonly bytesRead: () => number;
  /** The size of the file in bytes; `undefined` for stdin. */
  readonly size: number | undefined;
}

/** Opens a file for reading; `-` is stdin. Reading rejects with a {@link UserError} that names the file. */
export const openLineReader = (path: string): LineReader => {
  if (path === "-") return { lines: splitLines("stdin", () => process.stdin), bytesRead: () => 0, size: undefined };
  let file: ReadStream | undefined;
  // Opened by the first read: errors of a stream that is not read yet would end the process.
  const open = (): Readable => {
    file = createReadStream(path);
    if (!isGzipped(path)) return file;
    const unzipped = createGunzip();
    file.on("error", (error) => unzipped.destroy(error));
    return file.pipe(unzipped);
  };
  return { lines: splitLines(path, open), bytesRead: () => file?.bytesRead ?? 0, size: statSync(path).size };
};

/** A mark that some editors write at the beginning of files. */
const BYTE_ORDER_MARK = "\uFEFF";

async function* splitLines(name: string, open: () => Readable): AsyncGenerator<string> {
  let [rest, isFirst] = ["", true];
  for await (const chunk of readChunks(name, open().setEncoding("utf8"))) {
    const text = isFirst && chunk.startsWith(BYTE_ORDER_MARK) ? chunk.slice(1) : chunk;
    isFirst = false;
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_CHARS)
      throw new UserError([`${name} has a line of more than ${MAX_LINE_CHARS} characters.`]);
    for (const line of lines) if (line !== "") yield line;
  }
  if (rest !== "") yield rest;
}

async function* readChunks(name: string, input: AsyncIterable<string>): AsyncGenerator<string> {
  try {
    yield* input;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (code === "Z_BUF_ERROR") throw new UserError([`${name} is not complete: its end is missing. Export it again.`]);
    if (code.startsWith("Z_")) throw new UserError([`${name} is damaged, or not compressed by gzip: ${message}.`]);
    throw new UserError([`${name} cannot be read: ${message}.`]);
  }
}
