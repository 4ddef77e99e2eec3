import { getMimeType } from "hono/utils/mime";
import { extensionOf } from "./file-names.ts";

const UNKNOWN_TYPE = "application/octet-stream";

/** Types by extension that kinto-attachment adds to those that clients declare. */
const OWN_TYPES: Readonly<Record<string, string>> = {
  ".pem": "application/x-pem-file",
  ".geojson": "application/geojson",
};

/** How files of a type begin, as bytes in hex. */
const SIGNATURES: Readonly<Record<string, RegExp>> = {
  "image/png": /^89504e470d0a1a0a/,
  "image/jpeg": /^ffd8ff/,
  "image/gif": /^47494638(?:37|39)61/,
  "image/webp": /^52494646.{8}57454250/,
  "image/bmp": /^424d/,
  "image/tiff": /^(?:49492a00|4d4d002a)/,
  "application/pdf": /^255044462d/,
  "application/gzip": /^1f8b/,
  "application/x-gzip": /^1f8b/,
  "application/zip": /^504b(?:0304|0506|0708)/,
};

/** The bytes of a file that {@link matchesType} reads. */
export const SIGNATURE_BYTES = 16;

/** Images that browsers show without running anything of them. All other files are downloads. */
const INLINE_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** The type of a file: what the options say of its extension, what the client declares, or what its extension means. */
export const typeOf = (
  name: string,
  declared: string | undefined,
  configured: Readonly<Record<string, string>>,
): string => {
  const extension = `.${extensionOf(name)}`;
  const own = { ...OWN_TYPES, ...configured };
  if (Object.hasOwn(own, extension)) return own[extension] ?? UNKNOWN_TYPE;
  const byName = getMimeType(name.toLowerCase())?.split(";", 1)[0];
  const [type = ""] = (declared ?? "").toLowerCase().split(";", 1);
  // Parts of forms without a type have text/plain.
  const saysNothing = type.trim() === UNKNOWN_TYPE || (type.trim() === "text/plain" && byName !== undefined);
  if (/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(type.trim()) && !saysNothing) return type.trim();
  return byName ?? UNKNOWN_TYPE;
};

/** Whether a file may be of a type by its first bytes. Types without a signature match any bytes. */
export const matchesType = (type: string, start: Uint8Array): boolean => {
  const signature = Object.hasOwn(SIGNATURES, type) ? SIGNATURES[type] : undefined;
  return signature === undefined || signature.test(Buffer.from(start).toString("hex"));
};

export const dispositionOf = (type: string): "attachment" | "inline" =>
  INLINE_TYPES.has(type) ? "inline" : "attachment";
