import { createHash } from "node:crypto";
import { request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "@jest/globals";
import type { SignedUpload } from "@kintoun/kit";
import { startTestStore } from "@kintoun/testing";
import { attachments } from "../../plugins/attachments/index.ts";

const CHUNK_BYTES = 1_000_000;
const CHUNKS = 100;

/** The content of a large file, chunk by chunk. */
function* createChunks(count: number): Iterable<Buffer> {
  for (let index = 0; index < count; index++) yield Buffer.alloc(CHUNK_BYTES, index);
}

const hashOf = async (content: Iterable<Buffer> | AsyncIterable<Uint8Array>): Promise<string> => {
  const hash = createHash("sha256");
  for await (const chunk of content) hash.update(chunk);
  return hash.digest("hex");
};

/** Sends a file as it is read. @returns the status, or `undefined` if the connection ended */
const upload = ({ url, method, headers }: SignedUpload, content: Iterable<Buffer>): Promise<number | undefined> =>
  new Promise((resolve) => {
    const sent = request(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once("error", () => resolve(undefined));
    pipeline(Readable.from(content), sent).catch(() => sent.destroy());
  });

/** Fails after some chunks, as a lost connection does. */
function* interrupt(content: Iterable<Buffer>, after: number): Iterable<Buffer> {
  let count = 0;
  for (const chunk of content) {
    if (count++ === after) throw new Error("The connection is lost.");
    yield chunk;
  }
}

describe("an attachment of 100 MB", () => {
  it("goes to S3 and back by signed URLs, also after an interruption", async () => {
    await using store = await startTestStore({ plugins: [attachments({ extensions: "any" })] });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
    const uri = "/buckets/b/collections/c/records/film/attachment";
    const hash = await hashOf(createChunks(CHUNKS));
    const { body } = await store.post(`${uri}/uploads`, { filename: "film.mp4", size: CHUNK_BYTES * CHUNKS, hash });
    const confirm = () => store.post(`${uri}/uploads/${body.id}`);

    expect(await upload(body, interrupt(createChunks(CHUNKS), 40))).toBeUndefined();
    expect((await confirm()).status).toBe(409);
    expect(await upload(body, createChunks(CHUNKS))).toBe(200);
    expect((await confirm()).body).toMatchObject({ size: 100_000_000, hash, mimetype: "video/mp4" });

    const response = await fetch(`${store.url}${uri}`, { headers: { authorization: `Basic ${btoa("alice:secret")}` } });
    expect(response.headers.get("content-length")).toBe("100000000");
    expect(await hashOf(Readable.fromWeb(response.body as never))).toBe(hash);
  }, 120_000);
});
