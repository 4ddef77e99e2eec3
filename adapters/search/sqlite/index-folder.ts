import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { IndexVariant } from "../../../core/ports/search-engine.ts";
import type { IndexAddress } from "./thread-calls.ts";

/** Files that SQLite keeps beside a database. */
const COMPANIONS = ["-wal", "-shm", "-journal"];
const EXTENSION = ".sqlite";

/** The name of the file of an index. Indexes of several types, and their variants, may have the same generation. */
export const indexFileName = (
  generation: string,
  definitionHash: string,
  variant: IndexVariant | undefined,
): string => {
  const parts = [generation, definitionHash, ...(variant === undefined ? [] : [variant])];
  if (parts.some((part) => !/^[A-Za-z0-9_-]{1,128}$/.test(part)))
    throw new TypeError(`Not the generation, definition and variant of an index: ${parts.join(", ")}`);
  return parts.join(".") + EXTENSION;
};

/** Deletes the file of an index, with what SQLite keeps beside it. */
export const removeIndexFile = (folder: string, file: string): void => {
  for (const name of [file, ...COMPANIONS.map((end) => file + end)])
    rmSync(join(folder, name), { force: true, recursive: true });
};

/** The files of the indexes of a generation. */
export const filesOfGeneration = (folder: string, generation: string): readonly string[] =>
  readdirSync(folder).filter((name) => name.startsWith(`${generation}.`) && name.endsWith(EXTENSION));

/** Deletes the files that were not changed for the longest time, until the others have at most `maxBytes`. */
export const limitFolder = (folder: string, maxBytes: number, kept: readonly IndexAddress["file"][]): void => {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(EXTENSION))
    .map((name) => ({ name, ...measure(folder, name) }))
    .sort((a, b) => b.changedAt - a.changedAt);
  let bytes = files.reduce((sum, file) => sum + (kept.includes(file.name) ? file.bytes : 0), 0);
  for (const file of files) {
    if (kept.includes(file.name)) continue;
    bytes += file.bytes;
    if (bytes > maxBytes) removeIndexFile(folder, file.name);
  }
};

const measure = (folder: string, file: string): { readonly bytes: number; readonly changedAt: number } => {
  const stats = ["", ...COMPANIONS].flatMap(
    (end) => statSync(join(folder, file + end), { throwIfNoEntry: false }) ?? [],
  );
  return {
    bytes: stats.reduce((sum, { size }) => sum + size, 0),
    changedAt: Math.max(0, ...stats.map(({ mtimeMs }) => mtimeMs)),
  };
};
