import { closeSync, createReadStream, fstatSync, ftruncateSync, openSync, statSync, writeSync } from "node:fs";
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
  try {
    const file = openSync(path, bytes === undefined ? "wx" : "r+", OWNER_ONLY);
    if (bytes !== undefined) {
      if (fstatSync(file).size < bytes)
        throw new UserError([`${path} is shorter than its state file says. Remove both.`]);
      ftruncateSync(file, bytes);
    }
    return file;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST")
      throw new UserError([`${path} exists. Choose another name, or remove it first.`]);
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new UserError([
        bytes === undefined
          ? `There is no folder ${dirname(resolve(path))}. Create it first.`
          : `${path} is missing, but its state file says that its export has begun. Remove the state file to begin again.`,
      ]);
    throw error;
  }
};

/** The lines of a file, and how much of it was read. */
export interface LineReader {
  readonly lines: AsyncIterable<string>;
  /** The number of bytes that were read. */
  readonly bytesRead: () => number;
  /** The size of the file in bytes; `undefined` for stdin. */
  readonly size: number | undefined;
}

/** Opens a file for reading; `-` is stdin. Reading rejects for a line that is too long. */
export const openLineReader = (path: string): LineReader => {
  if (path === "-") return { lines: splitLines(path, process.stdin), bytesRead: () => 0, size: undefined };
  const file = createReadStream(path);
  const { size } = statSync(path);
  if (!isGzipped(path)) return { lines: splitLines(path, file), bytesRead: () => file.bytesRead, size };
  const unzipped = createGunzip();
  file.on("error", (error) => unzipped.destroy(error));
  return { lines: splitLines(path, file.pipe(unzipped)), bytesRead: () => file.bytesRead, size };
};

async function* splitLines(path: string, input: Readable): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of input.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_CHARS)
      throw new UserError([`${path} has a line of more than ${MAX_LINE_CHARS} characters.`]);
    for (const line of lines) if (line !== "") yield line;
  }
  if (rest !== "") yield rest;
}
