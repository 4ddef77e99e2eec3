import { type Files, type Log, PermanentError } from "@kintoun/kit";
import * as z from "zod";
import { matchesType } from "./media-types.ts";
import type { Attachment, Registry } from "./registry.ts";

export const thumbnailTask = z.strictObject({ key: z.string(), size: z.string().regex(/^\d{1,4}x\d{1,4}$/) });

/** A thumbnail that is to be made. */
export type ThumbnailTask = Readonly<z.output<typeof thumbnailTask>>;

/** The begin of the keys of thumbnails, which S3 deletes after some days. They can be made again. */
export const THUMBNAIL_PREFIX = "thumbnails/";
export const THUMBNAIL_TYPE = "image/png";

const SOURCE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/bmp"];
const MAX_SOURCE_BYTES = 25 * 1024 * 1024;
/** A picture takes 4 bytes per pixel, and some times that while it is decoded. */
const MAX_PIXELS = 16_000_000;
const MAX_DECODER_MB = 200;

export const thumbnailKey = ({ key, size }: ThumbnailTask): string => `${THUMBNAIL_PREFIX}${size}/${key}`;

export const canHaveThumbnail = ({ mimetype, size }: Attachment): boolean =>
  SOURCE_TYPES.includes(mimetype) && size <= MAX_SOURCE_BYTES;

/** Makes a thumbnail. A picture that is damaged or has too many pixels never gets one. */
export const makeThumbnail = async (
  { files, registry }: { readonly files: Files; readonly registry: Registry },
  task: ThumbnailTask,
  log: Log,
): Promise<void> => {
  const entry = await registry.get(task.key);
  if (entry?.status !== "ready") return;
  const source = await files.get(task.key, MAX_SOURCE_BYTES);
  if (source === undefined) return;
  try {
    const content = await resize(source, task.size);
    await files.put(thumbnailKey(task), content, { type: THUMBNAIL_TYPE, disposition: "inline" });
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    log.warn("A thumbnail cannot be made", { key: task.key, size: task.size, error });
    await registry.addFailedSize(task.key, task.size);
  }
};

const resize = async (source: Uint8Array, size: string): Promise<Uint8Array> => {
  const [{ imageSize }, { Jimp }] = await Promise.all([import("image-size"), import("jimp")]);
  const [w, h] = size.split("x").map(Number);
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.length);
  try {
    // Read before anything is decoded: a small file may have very many pixels.
    const { width, height } = imageSize(bytes);
    if (!(width * height <= MAX_PIXELS)) throw new RangeError(`It has ${width}x${height} pixels.`);
    if (isInterlaced(bytes)) throw new RangeError("It is an interlaced PNG, of which pngjs inflates any amount.");
    const image = await Jimp.fromBuffer(bytes, { "image/jpeg": { maxMemoryUsageInMB: MAX_DECODER_MB } });
    // Pictures that are small already stay as they are.
    if (image.width > (w ?? 0) || image.height > (h ?? 0)) image.scaleToFit({ w: w ?? 1, h: h ?? 1 });
    return await image.getBuffer(THUMBNAIL_TYPE);
  } catch (error) {
    throw new PermanentError(`The picture cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** Whether the header of a PNG says that it is interlaced. */
const isInterlaced = (bytes: Buffer): boolean => matchesType("image/png", bytes.subarray(0, 16)) && bytes[28] === 1;
