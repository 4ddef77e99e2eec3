import * as z from "zod";
import type { Line } from "../lines.ts";
import type { StateFile } from "../state-file.ts";
import type { KnownList } from "./read-kinto.ts";

const checksum = z.string().regex(/^[0-9a-f]{1,64}$/);
const knownList = z.object({
  etag: z.string(),
  report: z.object({ objects: z.number(), tombstones: z.number(), checksum, tombstone_checksum: checksum }),
  ids: z.array(z.string()).optional(),
});
const knownLists = z.record(z.string(), knownList);

export const parseKnownLists = (value: unknown): z.output<typeof knownLists> => knownLists.parse(value);

/**
 * Remembers which lists of a Kinto were imported to their end, so that a repeated import reads only what has changed since.
 *
 * @param state where it is kept; nowhere when absent
 */
export const openKintoProgress = (state: StateFile<Record<string, KnownList>> | undefined) => {
  const known = new Map(Object.entries(state?.read() ?? {}));
  let unsaved: { readonly list: string; readonly read: KnownList; readonly line: number }[] = [];
  let count = 0;
  return {
    known,
    onList: (list: string, read: KnownList): void => void unsaved.push({ list, read, line: count }),
    /** Counts the lines that are taken. */
    async *count(lines: AsyncIterable<Line>): AsyncGenerator<Line> {
      for await (const line of lines) {
        count++;
        yield line;
      }
    },
    /** @param lines the number of lines that are imported */
    onCheckpoint: (lines: number): void => {
      const saved = unsaved.filter(({ line }) => line <= lines);
      if (saved.length === 0) return;
      unsaved = unsaved.filter(({ line }) => line > lines);
      for (const { list, read } of saved) known.set(list, read);
      state?.write(Object.fromEntries(known));
    },
    end: (): void => state?.remove(),
  };
};
