import { hash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import type { Files, UploadLimits } from "../../core/ports/files.ts";

const PLAIN = { type: "text/plain", disposition: "attachment" };

const limitsOf = (content: string, more: Partial<UploadLimits> = {}): UploadLimits => ({
  ...PLAIN,
  bytes: Buffer.byteLength(content),
  sha256: hash("sha256", content),
  seconds: 60,
  ...more,
});

const upload = async (files: Files, key: string, content: string, limits: UploadLimits): Promise<Response> => {
  const { url, method, headers } = await files.signUpload(key, limits);
  // The client sends the length of what it sends.
  const { "content-length": _, ...others } = headers;
  return fetch(url, { method, headers: others, body: content });
};

/** What every adapter of the port does. */
export const filesContract = (getFiles: () => Files): void => {
  describe("files", () => {
    it("stores, describes, returns and deletes a file", async () => {
      const files = getFiles();
      await files.put("notes/a.txt", Buffer.from("Hello"), PLAIN);

      expect(Buffer.from((await files.get("notes/a.txt", 10)) ?? []).toString()).toBe("Hello");
      expect(Buffer.from((await files.getStart("notes/a.txt", 2)) ?? []).toString()).toBe("He");
      expect(await files.describe("notes/a.txt")).toEqual({ bytes: 5, sha256: hash("sha256", "Hello") });

      await files.delete("notes/a.txt");
      await files.delete("notes/a.txt");
      expect(await files.get("notes/a.txt", 10)).toBeUndefined();
      expect(await files.getStart("notes/a.txt", 2)).toBeUndefined();
      expect(await files.describe("notes/a.txt")).toBeUndefined();
    });

    it("uploads and reads a file that is larger than a part", async () => {
      const files = getFiles();
      const content = "0123456789".repeat(120_000);
      await files.upload("large/a.txt", new Blob([content]), { ...PLAIN, sha256: hash("sha256", content) });

      const parts: Uint8Array[] = [];
      for await (const part of files.read("large/a.txt")) parts.push(part);
      expect(parts.length).toBeGreaterThan(1);
      expect(Buffer.concat(parts).toString() === content).toBe(true);
      await expect(
        files.upload("large/b.txt", new Blob(["x"]), { ...PLAIN, sha256: hash("sha256", "y") }),
      ).rejects.toThrow("refused");
      await expect(files.read("large/none.txt")[Symbol.asyncIterator]().next()).rejects.toThrow("There is no file");
    });

    it("refuses keys that clients could change", async () => {
      for (const key of ["", "/a", "a//b", "a/../b", "..", "a/.", "a/", "a b", "ä", "a".repeat(901)])
        await expect(getFiles().put(key, Buffer.from("x"), PLAIN)).rejects.toThrow("Not a key");
    });

    it("accepts an upload with exactly the signed content, and returns it by a signed URL", async () => {
      const files = getFiles();
      expect((await upload(files, "up/a.bin", "right", limitsOf("right"))).status).toBe(200);

      expect(await files.describe("up/a.bin")).toEqual({ bytes: 5, sha256: hash("sha256", "right") });
      const disposition = "attachment; filename*=UTF-8''a%20%22b%22.txt";
      const response = await fetch(await files.signDownload("up/a.bin", { type: "image/png", disposition }, 60));
      expect(await response.text()).toBe("right");
      expect(response.headers.get("content-type")).toBe("image/png");
      expect(response.headers.get("content-disposition")).toBe(disposition);
    });

    it.each([
      ["another content", "wrong", 400],
      ["a larger content", "right and more", 403],
    ])("refuses an upload with %s", async (_, content, status) => {
      const files = getFiles();

      expect((await upload(files, "up/refused.bin", content, limitsOf("right"))).status).toBe(status);
      expect(await files.describe("up/refused.bin")).toBeUndefined();
    });

    it("refuses a URL that was changed, and headers that were not signed", async () => {
      const files = getFiles();
      const { url, headers } = await files.signUpload("up/mine.bin", limitsOf("right"));
      const put = (to: string, more: Record<string, string> = {}) =>
        fetch(to, {
          method: "PUT",
          headers: { ...headers, ...more, "content-length": "5" },
          body: "right",
        });

      expect((await put(url.replace("mine", "yours"))).status).toBe(403);
      expect((await put(url, { "content-type": "text/html" })).status).toBe(403);
      expect((await put(url, { "x-amz-acl": "public-read" })).status).toBe(403);
      expect((await fetch(url)).status).toBe(403);
    });

    it("refuses to sign URLs without an end", async () => {
      await expect(getFiles().signDownload("a", PLAIN, 3601)).rejects.toThrow(RangeError);
      await expect(getFiles().signUpload("a", limitsOf("x", { seconds: 0 }))).rejects.toThrow(RangeError);
    });
  });
};
