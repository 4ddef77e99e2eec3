import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../../config/user-error.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { truncateText } from "../../../lib/util/truncate-text.ts";
import type { ContentLine, ObjectLine } from "../lines.ts";
import type { KintoClient } from "./kinto-client.ts";

/** Content of a file in a line. */
const MAX_CONTENT_BYTES = 512 * 1024;
/** Maximum of the plugin attachments. */
const MAX_FILE_BYTES = 5 * 1024 ** 3;
const BASE_TIMEOUT_MS = 60_000;
/** 100 KB per second. */
const MIN_BYTES_PER_MS = 100;
/** Keys of files that can be kept. */
const PLAIN_KEY = /^[A-Za-z0-9_-][A-Za-z0-9/._-]{0,899}$/;

/**
 * Reads the files of records. Each is on disk first, since its record must not name one that cannot be read.
 *
 * @param baseUrl address of all files as Kinto names it
 */
export const openKintoFiles = (client: KintoClient, baseUrl: string) => {
  let folder: Promise<string> | undefined;

  const receive = async (location: string, bytes: number, sha256: string): Promise<string> => {
    folder ??= mkdtemp(join(tmpdir(), "kintoun-import-"));
    const path = join(await folder, "file");
    const timeoutMs = BASE_TIMEOUT_MS + Math.ceil(bytes / MIN_BYTES_PER_MS);
    const read = (body: AsyncIterable<Uint8Array>) => writeVerified(path, body, bytes, sha256);
    await client.download({ location, baseUrl, timeoutMs, read });
    return path;
  };

  return {
    /** Yields a record with the content of its file. Throws a {@link UserError} before the first line if there is none. */
    async *read(line: ObjectLine, attachment: JsonObject): AsyncGenerator<ObjectLine | ContentLine> {
      const { location, size: bytes, hash: sha256 } = attachment;
      const key = typeof location === "string" ? toKey(location, baseUrl) : undefined;
      if (typeof location !== "string" || key === undefined)
        throw new UserError([
          `its location ${truncateText(JSON.stringify(location) ?? "", 300)} has another form than those of kinto-attachment.`,
        ]);
      if (!isSize(bytes) || typeof sha256 !== "string") throw new UserError(["its record has no size or no hash."]);
      const path = await receive(location, bytes, sha256);
      yield {
        ...line,
        data: { ...line.data, attachment: { ...attachment, location: key } },
        plugins: { attachments: { file: { bytes, sha256 } } },
      };
      for await (const part of createReadStream(path, { highWaterMark: MAX_CONTENT_BYTES }) as AsyncIterable<Buffer>)
        yield { content: part.toString("base64"), plugin: "attachments" };
    },
    close: async (): Promise<void> => {
      if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
    },
  };
};

const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MAX_FILE_BYTES;

const writeVerified = async (path: string, body: AsyncIterable<Uint8Array>, bytes: number, sha256: string) => {
  const hash = createHash("sha256");
  let received = 0;
  await using file = await open(path, "w");
  for await (const chunk of body) {
    received += chunk.length;
    if (received > bytes) break;
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  if (received !== bytes || hash.digest("hex") !== sha256)
    throw new UserError(["its size or content is not what its record says."]);
};

/** The path of a file below the address of all files, under which it is kept here. */
const toKey = (location: string, baseUrl: string): string | undefined => {
  const path = baseUrl !== "" && location.startsWith(baseUrl) ? location.slice(baseUrl.length) : pathBelow(location);
  return PLAIN_KEY.test(path) && !path.split("/").some((part) => /^\.*$/.test(part)) ? path : undefined;
};

const pathBelow = (location: string): string =>
  (URL.canParse(location) ? new URL(location).pathname : location).replace(/^\/+(v1\/attachments\/)?/, "");
