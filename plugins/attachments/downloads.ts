import { isDeepStrictEqual } from "node:util";
import { jsonResponse, type OwnQueue, type RouteRequest, type RouteResponse, refuse } from "@kintoun/kit";
import type { FileEntry } from "./registry.ts";
import { passOn } from "./save-record.ts";
import { canHaveThumbnail, THUMBNAIL_TYPE, type ThumbnailTask, thumbnailKey } from "./thumbnails.ts";
import { headersOf, type RecordIds, type Services, toKey, toUri } from "./uploads.ts";

export interface DownloadServices extends Services {
  readonly queue: OwnQueue<ThumbnailTask>;
  /** Notes that a thumbnail was ordered. Returns `false` if it was already, a short time ago. */
  readonly addOrder: (task: ThumbnailTask) => Promise<boolean>;
}

/** How long the URL of a file is valid. */
const DOWNLOAD_SECONDS = 600;
/** How long browsers may use a redirect again: less than its URL is valid. */
const CACHE_SECONDS = 300;
/** When to ask again for a thumbnail that is being made. */
const RETRY_SECONDS = 2;

/** Redirects to the file of a record, or to a thumbnail of it. */
export const redirectToAttachment = async (
  services: DownloadServices,
  request: RouteRequest<RecordIds>,
): Promise<RouteResponse> => {
  const read = await request.send({ method: "GET", path: toUri(request.params) });
  if (read.status !== 200) return passOn(read);
  const key = findKey(services, readAttachment(read.body?.data));
  const entry = key === undefined ? undefined : await services.registry.get(key);
  if (key === undefined || entry?.uri !== toUri(request.params)) throw refuse(404, "The record has no attachment.");
  return redirect(services, request, key, entry);
};

/** Redirects to a file by its key: the present one of a record, or an older one that is kept. */
export const redirectToFile = async (
  services: DownloadServices,
  request: RouteRequest<RecordIds & { readonly file: string }>,
): Promise<RouteResponse> => {
  const read = await request.send({ method: "GET", path: toUri(request.params) });
  if (read.status !== 200) return passOn(read);
  const key = toKey(request.params.file);
  const entry = await services.registry.get(key);
  const isPresent = isDeepStrictEqual(readAttachment(read.body?.data), entry?.attachment);
  const isOfRecord = entry?.uri === toUri(request.params);
  if (!isOfRecord || !(isPresent || (entry.kept === true && !(await services.registry.isEnded(entry)))))
    throw refuse(404, "The record has no such file.");
  return redirect(services, request, key, entry);
};

/** The key of the file that a record names; `undefined` if it names another place. */
export const findKey = ({ config }: Pick<Services, "config">, attachment: unknown): string | undefined => {
  const location = (attachment as { readonly location?: unknown } | null | undefined)?.location;
  if (typeof location !== "string") return undefined;
  const base = [config.baseUrl, "/v1/attachments/"].find((url) => location.startsWith(url));
  return base === undefined ? undefined : location.slice(base.length);
};

const readAttachment = (data: unknown): unknown => (data as { readonly attachment?: unknown } | undefined)?.attachment;

const redirect = async (
  services: DownloadServices,
  { query }: Pick<RouteRequest, "query">,
  key: string,
  entry: FileEntry,
): Promise<RouteResponse> => {
  const params = new URLSearchParams(query);
  const respond = params.get("redirect") === "false" ? formatUrl : formatRedirect;
  const size = params.get("thumb");
  if (size === null)
    return respond(await services.files.signDownload(key, headersOf(entry.attachment), DOWNLOAD_SECONDS), entry);
  const { thumbnails } = services.config;
  if (!thumbnails.includes(size))
    throw refuse(400, `There are no thumbnails of this size. The sizes are ${thumbnails.join(", ") || "none"}.`);
  if (!canHaveThumbnail(entry.attachment) || entry.failedSizes?.includes(size))
    throw refuse(404, "There are no thumbnails of this file.");
  const task = { key, size };
  if ((await services.files.describe(thumbnailKey(task))) !== undefined) {
    const headers = { type: THUMBNAIL_TYPE, disposition: "inline" };
    return respond(await services.files.signDownload(thumbnailKey(task), headers, DOWNLOAD_SECONDS), entry);
  }
  if (await services.addOrder(task)) await services.queue.send([{ detail: task }]);
  return { status: 202, headers: { "Retry-After": String(RETRY_SECONDS), "Cache-Control": "no-store" }, body: null };
};

const formatRedirect = (url: string): RouteResponse => ({
  status: 307,
  headers: {
    Location: url,
    "Cache-Control": `private, max-age=${CACHE_SECONDS}`,
    Vary: "Authorization",
    "Referrer-Policy": "no-referrer",
  },
  body: null,
});

/** For pages of other origins: after a redirect to a third one, browsers send no origin that S3 could allow. */
const formatUrl = (url: string, { attachment }: FileEntry): RouteResponse =>
  jsonResponse({ url, ...attachment }, { headers: { "Cache-Control": "no-store" } });
