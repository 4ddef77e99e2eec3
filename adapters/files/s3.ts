import { hash } from "node:crypto";
import type { Files } from "../../core/ports/files.ts";
import type { AwsConnection } from "../../lib/aws/connection.ts";
import { createS3Bucket } from "../../lib/aws/s3.ts";

const MAX_KEY_CHARS = 900;
const MAX_START_BYTES = 64 * 1024;
/** What is read at a time. */
const PART_BYTES = 1024 * 1024;
/** How long an upload may take, in seconds. */
const UPLOAD_SECONDS = 3600;
const MAX_SECONDS = { upload: 43_200, download: 3600 };

export interface S3FilesOptions {
  readonly connection: AwsConnection;
  readonly bucket: string;
  /** The origin of signed URLs, if clients use another one than this process. */
  readonly origin?: string | undefined;
}

/**
 * Keeps files in a bucket. S3 compares an upload with its SHA-256 sum, which is stored with the file.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export const createS3Files = ({ connection, bucket, origin }: S3FilesOptions): Files => {
  const client = createS3Bucket(connection, bucket);
  const files: Files = {
    put: async (key, content, { type, disposition }) =>
      client.put(requireKey(key), content, {
        "content-type": type,
        "content-disposition": disposition,
        "x-amz-checksum-sha256": hash("sha256", content, "base64"),
      }),
    get: async (key, maxBytes) => client.get(requireKey(key), maxBytes),
    getStart: async (key, bytes) => client.getRange(requireKey(key), 0, Math.min(bytes, MAX_START_BYTES)),
    async *read(key) {
      for (let start = 0; ; start += PART_BYTES) {
        const part = await client.getRange(requireKey(key), start, PART_BYTES);
        if (part === undefined) throw new Error(`There is no file ${key}.`);
        if (part.length > 0) yield part;
        if (part.length < PART_BYTES) return;
      }
    },
    // A signed upload streams its content, and S3 compares it with the sum.
    async upload(key, content, { sha256, ...file }) {
      const signed = await files.signUpload(key, { ...file, sha256, bytes: content.size, seconds: UPLOAD_SECONDS });
      const { "content-length": _, ...headers } = signed.headers;
      const response = await fetch(signed.url, { method: signed.method, headers, body: content });
      const answer = await response.text();
      if (!response.ok) throw new Error(`S3 refused to store ${key}: ${response.status} ${answer.slice(0, 200)}`);
    },
    async describe(key) {
      const headers = await client.head(requireKey(key));
      if (headers === undefined) return undefined;
      const { "content-length": bytes, "x-amz-checksum-sha256": checksum } = headers;
      const sha256 = typeof checksum === "string" ? Buffer.from(checksum, "base64").toString("hex") : undefined;
      return { bytes: Number(bytes), sha256 };
    },
    delete: async (key) => client.delete(requireKey(key)),
    async signUpload(key, { bytes, sha256, type, disposition, seconds }) {
      const headers = {
        "content-disposition": disposition,
        "content-length": String(bytes),
        "content-type": type,
        "x-amz-checksum-sha256": Buffer.from(sha256, "hex").toString("base64"),
      };
      const url = await client.sign({
        method: "PUT",
        key: requireKey(key),
        headers,
        seconds: requireSeconds(seconds, MAX_SECONDS.upload),
        ...(origin !== undefined && { origin }),
      });
      return { method: "PUT", url, headers };
    },
    signDownload: async (key, { type, disposition }, seconds) =>
      client.sign({
        method: "GET",
        key: requireKey(key),
        query: { "response-content-disposition": disposition, "response-content-type": type },
        seconds: requireSeconds(seconds, MAX_SECONDS.download),
        ...(origin !== undefined && { origin }),
      }),
    close: async () => client.close(),
  };
  return files;
};

const requireKey = (key: string): string => {
  if (key !== "" && key.length <= MAX_KEY_CHARS) return key;
  throw new TypeError(`Not a key of a file: ${JSON.stringify(key.slice(0, 100))}`);
};

const requireSeconds = (seconds: number, max: number): number => {
  if (Number.isInteger(seconds) && seconds > 0 && seconds <= max) return seconds;
  throw new RangeError(`A URL cannot be valid for ${seconds} seconds: give a whole number from 1 to ${max}.`);
};
