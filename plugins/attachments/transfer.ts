import { type JsonObject, type PackedObject, type ReceivedObject, refuse, type TransferredObject } from "@kintoun/kit";
import { findKey } from "./downloads.ts";
import { parseAttachment } from "./registry.ts";
import { headersOf, type Services } from "./uploads.ts";

/** Adds the file of a record. Its location becomes its key, since stores may have different addresses. */
export const packRecord = async (
  { uri, data }: TransferredObject,
  { config, registry, files }: Pick<Services, "config" | "registry" | "files">,
): Promise<PackedObject> => {
  const key = findKey({ config }, data.attachment);
  const entry = key === undefined ? undefined : await registry.get(key);
  if (key === undefined || entry?.uri !== uri || entry.status !== "ready") return { data };
  // A file that was lost must not hold up the objects.
  if ((await files.describe(key)) === undefined) return { data };
  const { size, hash } = entry.attachment;
  return {
    data: { ...data, attachment: { ...(data.attachment as JsonObject), location: key } },
    file: { bytes: size, sha256: hash, read: () => files.read(key) },
  };
};

/** Stores the file of a record under the key that it had. */
export const unpackRecord = async (
  { uri, data, file }: ReceivedObject,
  { config, registry, files }: Pick<Services, "config" | "registry" | "files">,
): Promise<JsonObject> => {
  if (file === undefined) return data;
  const described = parseAttachment(data.attachment);
  if (described === undefined || described.size !== file.bytes || described.hash !== file.sha256)
    throw refuse(400, `The file of ${uri} is not the one that its record describes.`);
  const key = described.location;
  const attachment = { ...described, location: `${config.baseUrl}${key}` };
  if (!(await registry.addKey(key, { uri, attachment, status: "ready" })))
    throw refuse(409, `The file ${key} of ${uri} exists here already, and belongs to another record.`);
  await files.upload(key, file.content, { ...headersOf(attachment), sha256: file.sha256 });
  return { ...data, attachment };
};
