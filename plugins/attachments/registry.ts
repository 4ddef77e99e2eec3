import type { State } from "@kintoun/kit";
import * as z from "zod";
import { createKey } from "./file-names.ts";
import type { Settings } from "./options.ts";

const details = z.object({ filename: z.string(), hash: z.string(), mimetype: z.string(), size: z.number() });

/** What a record says of its file, with kinto-attachment's names. */
const attachment = z.strictObject({ ...details.shape, location: z.string(), original: details.exactOptional() });

export type Attachment = Readonly<z.output<typeof attachment>>;

/** Reads what a record says of its file; `undefined` if it is something else. */
export const parseAttachment = (value: unknown): Attachment | undefined => attachment.safeParse(value).data;

const entry = z.object({
  uri: z.string(),
  attachment,
  /** `pending`: not uploaded yet; `ready`: a record may name it; `removing`: it is being deleted. */
  status: z.enum(["pending", "ready", "removing"]),
  /** Whether it stays when no record names it any more. */
  kept: z.boolean().exactOptional(),
  /** Epoch ms. */
  at: z.number(),
  /** Sizes of thumbnails that cannot be made. */
  failedSizes: z.array(z.string()).exactOptional(),
});

/** What is known of a file. */
export type FileEntry = Readonly<z.output<typeof entry>>;

/** A file that the sweep looks at, in the order of time. */
export interface FileCheck {
  readonly id: string;
  readonly key: string;
}

/** How long a file may be without a record. */
const MAX_UNUSED_MS = 24 * 3600 * 1000;

const FILES = "files";
const CHECKS = "checks";
/** When records, collections and buckets were deleted, by URI. */
const ENDS = "ends";
/** Tries to find a name that no other file has. */
const MAX_NAMES = 100;

/**
 * Which files there are, by key. Each is noted before it is stored, with a check that a record names it a day later. So no crash
 * leaves a file that nothing knows.
 */
export const openRegistry = (state: State, now: () => number) => {
  const change = (key: string, changed: (present: FileEntry) => FileEntry) =>
    state.change(FILES, key, (value) => {
      const present = entry.safeParse(value).data;
      return present === undefined ? undefined : changed(present);
    });
  return {
    async get(key: string): Promise<FileEntry | undefined> {
      return key === "" || key.length > 900 ? undefined : entry.safeParse(await state.get(FILES, key)).data;
    },
    /** Notes a file under a key that no other file has. */
    async add(
      name: string,
      settings: Settings,
      create: (key: string) => Omit<FileEntry, "at">,
    ): Promise<{ readonly key: string; readonly entry: FileEntry }> {
      for (let attempt = 0; attempt <= MAX_NAMES; attempt++) {
        const key = createKey(name, { ...settings, randomize: settings.randomize || attempt === MAX_NAMES }, attempt);
        const added = { ...create(key), at: now() };
        await state.put(CHECKS, `${String(now()).padStart(15, "0")} ${key}`, true);
        if (await state.add(FILES, key, added)) return { key, entry: added };
      }
      throw new Error("No free name was found for a file.");
    },
    /** Notes a file that has a key already. Returns `false` if another record's file has it. */
    async addKey(key: string, given: Omit<FileEntry, "at">): Promise<boolean> {
      if (key === "" || key.length > 900) return false;
      const added = { ...given, at: now() };
      await state.put(CHECKS, `${String(now()).padStart(15, "0")} ${key}`, true);
      if (await state.add(FILES, key, added)) return true;
      const present = entry.safeParse(await state.get(FILES, key)).data;
      if (present?.uri !== given.uri || present.attachment.hash !== given.attachment.hash) return false;
      await state.put(FILES, key, added);
      return true;
    },
    setReady: (key: string) => change(key, (present) => ({ ...present, status: "ready" })),
    setRemoving: (key: string) => change(key, (present) => ({ ...present, status: "removing" })),
    setKept: (key: string) => change(key, (present) => ({ ...present, kept: true })),
    addFailedSize: (key: string, size: string) =>
      change(key, (present) => ({ ...present, failedSizes: [...(present.failedSizes ?? []), size] })),
    /** Ends the kept files of a record, or of all in a collection or bucket: a new one of its name does not have them. */
    endKept: (uri: string) => state.put(ENDS, uri, now()),
    /** Whether a file is of a record that was deleted since. */
    async isEnded({ uri, at }: FileEntry): Promise<boolean> {
      const [, buckets, bucket, collections, collection] = uri.split("/");
      const parents = [`/${buckets}/${bucket}`, `/${buckets}/${bucket}/${collections}/${collection}`];
      const ends = await Promise.all([...parents, uri].map((one) => state.get(ENDS, one)));
      return ends.some((end) => typeof end === "number" && at <= end);
    },
    delete: (key: string) => state.delete(FILES, key),
    /** The files that are old enough to be checked, the oldest first. */
    async *dueChecks(): AsyncIterable<FileCheck> {
      for await (const { key: id } of state.list(CHECKS)) {
        const [time = "", key = ""] = id.split(" ", 2);
        if (Number(time) + MAX_UNUSED_MS > now()) return;
        yield { id, key };
      }
    },
    endCheck: ({ id }: FileCheck) => state.delete(CHECKS, id),
  };
};

export type Registry = ReturnType<typeof openRegistry>;
