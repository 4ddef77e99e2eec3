import { hash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type Files, type JsonObject, type RouteRequest, type RouteResponse, refuse } from "@kintoun/kit";
import * as z from "zod";
import { cleanFileName, extensionOf, formatDisposition } from "./file-names.ts";
import { readForm, type UploadForm } from "./form.ts";
import { dispositionOf, matchesType, SIGNATURE_BYTES, typeOf } from "./media-types.ts";
import { type CollectionIds, type Options, readSettings, type Settings } from "./options.ts";
import type { Attachment, FileEntry, Registry } from "./registry.ts";
import { formatSaved, saveRecord } from "./save-record.ts";

/** What the parts of the plugin share. */
export interface Services {
  readonly config: Options;
  readonly files: Files;
  readonly registry: Registry;
  readonly now: () => number;
}

export interface RecordIds extends CollectionIds {
  readonly record: string;
}

type RecordRequest<Input = unknown> = RouteRequest<RecordIds, Input>;

/** How long the URL of an upload is valid. An upload that has begun may end later. */
const UPLOAD_SECONDS = 3600;
/** How long after its start an upload can be confirmed: less than the sweep waits. */
const CONFIRM_MS = 12 * 3600 * 1000;

const compress = promisify(gzip);

export const toUri = ({ bucket, collection, record }: RecordIds): string =>
  `/buckets/${bucket}/collections/${collection}/records/${record}`;

export const createInput = z.object({
  body: z.strictObject({
    filename: z.string().min(1).max(1000),
    size: z.int().min(0),
    hash: z.string().regex(/^[0-9a-f]{64}$/, "The SHA-256 sum of the file in hex, 64 digits in lower case."),
    mimetype: z.string().max(200).optional(),
  }),
});

export const confirmInput = z.object({
  body: z
    .strictObject({
      data: z.record(z.string(), z.json()).optional(),
      permissions: z.record(z.string(), z.array(z.string())).optional(),
    })
    .prefault({}),
});

/** Stores the file of a form, then the record that names it. */
export const attachFile = async (services: Services, request: RecordRequest): Promise<RouteResponse> => {
  const settings = readSettings(services.config, request.params);
  const form = await readForm(request.bytes(), request.headers["content-type"] ?? "");
  const file = await prepareFile(form.file, settings, readGzipped(request.query) ?? settings.gzipped);
  const { key, entry } = await services.registry.add(file.attachment.filename, settings, (key) => ({
    uri: toUri(request.params),
    attachment: { ...file.attachment, location: `${services.config.baseUrl}${key}` },
    status: "ready",
  }));
  await services.files.put(key, file.content, headersOf(entry.attachment));
  return formatSaved(await saveRecord(request, entry.uri, toBody(entry.attachment, form)), entry.uri, entry.attachment);
};

/** Signs the upload of a file that the client sends to S3. No record names it before {@link confirmUpload}. */
export const createUpload = async (
  services: Services,
  request: RecordRequest<z.output<typeof createInput>>,
): Promise<JsonObject> => {
  const { size, hash: sum, mimetype } = request.input.body;
  const settings = readSettings(services.config, request.params);
  const filename = requireName(request.input.body.filename, settings);
  requireSize(size, settings);
  const { key, entry } = await services.registry.add(filename, settings, (key) => ({
    uri: toUri(request.params),
    attachment: {
      filename,
      hash: sum,
      location: `${services.config.baseUrl}${key}`,
      mimetype: typeOf(filename, mimetype, settings.mimetypes),
      size,
    },
    status: "pending",
  }));
  const limits = { ...headersOf(entry.attachment), bytes: size, sha256: sum, seconds: UPLOAD_SECONDS };
  const { method, url, headers } = await services.files.signUpload(key, limits);
  return { id: toId(key), method, url, headers, expires: services.now() + UPLOAD_SECONDS * 1000 };
};

/** Checks what was uploaded, then stores the record that names it. Doing it again has no further effect. */
export const confirmUpload = async (
  services: Services,
  request: RouteRequest<RecordIds & { readonly upload: string }, z.output<typeof confirmInput>>,
): Promise<RouteResponse> => {
  const key = toKey(request.params.upload);
  const entry = await services.registry.get(key);
  const uri = toUri(request.params);
  if (entry?.uri !== uri || entry.status === "removing" || entry.at + CONFIRM_MS < services.now())
    throw refuse(404, "There is no such upload of this record, or it is over. Begin a new one.");
  if (entry.status === "pending") {
    await requireUploaded(services.files, key, entry);
    await services.registry.setReady(key);
  }
  const { data = {}, permissions } = request.input.body;
  return formatSaved(
    await saveRecord(request, uri, toBody(entry.attachment, { data, permissions })),
    uri,
    entry.attachment,
  );
};

/** S3 has compared the content with the signed checksum; an engine that does not is found out here. */
const requireUploaded = async (files: Files, key: string, { attachment }: FileEntry): Promise<void> => {
  const stored = await files.describe(key);
  if (stored === undefined) throw refuse(409, "The file was not uploaded yet. Send it to the URL of the upload first.");
  if (stored.bytes !== attachment.size || stored.sha256 !== attachment.hash)
    throw refuse(400, "The uploaded file has another size or hash than the upload. Begin a new upload.");
  requireType(attachment.mimetype, (await files.getStart(key, SIGNATURE_BYTES)) ?? new Uint8Array());
};

interface PreparedFile {
  readonly attachment: Omit<Attachment, "location">;
  readonly content: Uint8Array;
}

const prepareFile = async (file: UploadForm["file"], settings: Settings, gzipped: boolean): Promise<PreparedFile> => {
  const filename = requireName(file.name, settings);
  requireSize(file.content.length, settings);
  const mimetype = typeOf(filename, file.type, settings.mimetypes);
  requireType(mimetype, file.content.subarray(0, SIGNATURE_BYTES));
  const original = describeContent(filename, mimetype, file.content);
  if (!gzipped) return { attachment: original, content: file.content };
  const content = await compress(file.content);
  return { attachment: { ...describeContent(`${filename}.gz`, "application/x-gzip", content), original }, content };
};

const describeContent = (filename: string, mimetype: string, content: Uint8Array) => ({
  filename,
  hash: hash("sha256", content),
  mimetype,
  size: content.length,
});

const requireName = (name: string, { extensions }: Settings): string => {
  const filename = cleanFileName(name);
  if (filename === "" || /^\.+$/.test(filename)) throw refuse(400, "The file has no name. Send one with an extension.");
  if (extensions.size > 0 && !extensions.has(extensionOf(filename)))
    throw refuse(400, `File extension is not allowed: ${JSON.stringify(extensionOf(filename).slice(0, 50))}.`);
  return filename;
};

const requireSize = (bytes: number, { maxBytes }: Settings): void => {
  if (bytes > maxBytes) throw refuse(400, `The file has ${bytes} bytes; at most ${maxBytes} are allowed here.`);
};

const requireType = (type: string, start: Uint8Array): void => {
  if (!matchesType(type, start))
    throw refuse(400, `The content of the file is not ${type}. Send its real type, or the right file.`);
};

/** The headers with which a file is stored. */
export const headersOf = ({ mimetype, filename }: Attachment) => ({
  type: mimetype,
  disposition: formatDisposition(dispositionOf(mimetype), filename),
});

const toBody = (
  attachment: Attachment,
  { data, permissions }: { readonly data: JsonObject; readonly permissions: JsonObject | undefined },
): JsonObject => ({ data: { ...data, attachment }, ...(permissions !== undefined && { permissions }) });

const readGzipped = (query: string): boolean | undefined => {
  const value = new URLSearchParams(query).get("gzipped")?.toLowerCase();
  return value === undefined ? undefined : ["", "1", "true", "yes", "on"].includes(value);
};

/** A key in one segment of a path. */
export const toId = (key: string): string => Buffer.from(key).toString("base64url");
export const toKey = (id: string): string => Buffer.from(id, "base64url").toString("utf8");
