import { createHash } from "node:crypto";
import { openAsBlob } from "node:fs";
import { appendFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReceivedParts } from "../../app/plugins/transfers.ts";
import { UserError } from "../../config/user-error.ts";
import type { ContentLine, ObjectLine } from "./lines.ts";

type DescribedFile = NonNullable<NonNullable<ObjectLine["plugins"]>[string]["file"]>;

/** The files of one object while they are received, on disk. */
export interface ReceivedFiles {
  add(line: ContentLine): Promise<void>;
  /** Returns the files by plugin. Throws a {@link UserError} if one is not what the object says. */
  finish(): Promise<ReceivedParts>;
  remove(): Promise<void>;
}

/** @param described the files of the object by plugin */
export const receiveFiles = (
  folder: string,
  uri: string,
  described: Readonly<Record<string, DescribedFile>>,
): ReceivedFiles => {
  const files = new Map(
    Object.entries(described).map(([plugin, expected], index) => [
      plugin,
      { path: join(folder, String(index)), expected, hash: createHash("sha256"), bytes: 0 },
    ]),
  );
  return {
    add: async ({ content, plugin }) => {
      const file = files.get(plugin);
      if (file === undefined) return;
      const part = Buffer.from(content, "base64");
      file.bytes += part.length;
      if (file.bytes > file.expected.bytes) throw damaged(uri);
      file.hash.update(part);
      await appendFile(file.path, part);
    },
    finish: async () => {
      const parts: [string, ReceivedParts[string]][] = [];
      for (const [plugin, { path, expected, hash, bytes }] of files) {
        if (bytes !== expected.bytes || hash.digest("hex") !== expected.sha256) throw damaged(uri);
        // An empty file has no lines.
        if (bytes === 0) await writeFile(path, "");
        parts.push([plugin, { file: { ...expected, content: await openAsBlob(path) } }]);
      }
      return Object.fromEntries(parts);
    },
    remove: async () => {
      for (const { path } of files.values()) await rm(path, { force: true });
    },
  };
};

const damaged = (uri: string): UserError =>
  new UserError([
    `The export is damaged: the file of ${uri} has another size or sum than its record says. Export it again.`,
  ]);
