import { gunzipSync, gzipSync } from "node:zlib";
import { parseJson } from "../../lib/json.ts";
import type { QueueMessage } from "../ports/queue.ts";

/** Largest message, and largest batch of messages, that SQS accepts, in bytes. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
const GZIP_PREFIX = "gzip:";

/**
 * Encodes a value as a message body: JSON, or `gzip:` and base64 when the JSON exceeds {@link MAX_MESSAGE_BYTES}.
 * Characters that a queue may reject are escaped: U+FFFE and U+FFFF (SQS), and surrogates (others).
 */
export const encodeBody = (value: unknown): string => {
  const json = JSON.stringify(value);
  const escaped = json.replace(/[\ud800-\udfff\ufffe\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
  return Buffer.byteLength(escaped) <= MAX_MESSAGE_BYTES ? escaped : compressBody(json);
};

/** Compresses a body, unless it is compressed already. */
export const compressBody = (body: string): string =>
  body.startsWith(GZIP_PREFIX) ? body : GZIP_PREFIX + gzipSync(body).toString("base64");

/** Decodes a body of {@link encodeBody}. Throws when it is neither JSON nor compressed JSON. */
export const decodeBody = (body: string): unknown =>
  parseJson(
    body.startsWith(GZIP_PREFIX)
      ? gunzipSync(Buffer.from(body.slice(GZIP_PREFIX.length), "base64")).toString("utf8")
      : body,
  );

/** Size of a message as SQS counts it, in bytes: body and attributes. */
export const measureMessage = ({ body, attributes = {} }: Pick<QueueMessage, "body" | "attributes">): number =>
  Buffer.byteLength(body) + measureAttributes(attributes);

/** Size of message attributes as SQS counts them, in bytes: names, types and values. */
export const measureAttributes = (attributes: Readonly<Record<string, string>>): number =>
  Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + "String".length + Buffer.byteLength(value),
    0,
  );
