import { gunzipSync, gzipSync } from "node:zlib";

/** Bytes of a message, and of a batch of them, that SQS takes. */
export const LARGEST_MESSAGE = 1024 * 1024;
const COMPRESSED = "gzip:";

/**
 * A value as a message's body: JSON, or `gzip:` and base64 where that would be too large.
 * What not every queue takes is escaped: U+FFFE and U+FFFF (SQS), and surrogates (others).
 */
export const packed = (value: unknown): string => {
  const json = JSON.stringify(value);
  const escaped = json.replace(/[\ud800-\udfff\ufffe\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
  return Buffer.byteLength(escaped) <= LARGEST_MESSAGE ? escaped : compressed(json);
};

/** The same body, compressed unless it is so already. */
export const compressed = (body: string): string =>
  body.startsWith(COMPRESSED) ? body : COMPRESSED + gzipSync(body).toString("base64");

/** Reads what {@link packed} wrote. */
export const unpacked = (body: string): unknown =>
  JSON.parse(
    body.startsWith(COMPRESSED)
      ? gunzipSync(Buffer.from(body.slice(COMPRESSED.length), "base64")).toString("utf8")
      : body,
  );
