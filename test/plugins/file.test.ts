import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { startTestStore } from "@kintoun/testing";
import { file } from "../../plugins/file/index.ts";
import { synthesize } from "../infra/synthesize.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const editor = definePlugin({
  name: "editor",
  about: "Makes news of records.",
  listeners: {
    news: {
      on: ["record.create"],
      run: (event) => ({ publish: [{ title: event.new.title ?? null }, { kind: "note", text: "one\ntwo" }] }),
    },
  },
});

describe("file", () => {
  it("appends each item as a line of JSON with its listener and event, and creates the folder", async () => {
    const path = join(folder, "new/news.ndjson");
    await using store = await startTestStore({
      plugins: [
        editor(),
        file({ path }),
        file({ name: "notes", path: join(folder, "notes"), where: { kind: ["note"] } }),
      ],
    });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
    for (const title of ["Rain", "Snow"]) {
      await store.put(`/buckets/b/collections/c/records/${title}`, { data: { title } });
      await store.drain();
    }

    const linesOf = (at: string) =>
      readFileSync(at, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
    const lines = linesOf(path);
    expect(lines.map(({ item }) => item)).toEqual([
      { title: "Rain" },
      { kind: "note", text: "one\ntwo" },
      { title: "Snow" },
      { kind: "note", text: "one\ntwo" },
    ]);
    expect(lines[0]).toEqual({
      listener: "editor-news",
      event_id: expect.stringMatching(/^\/buckets\/b\/collections\/c\/records\/Rain@\d+$/),
      request_id: expect.any(String),
      item: { title: "Rain" },
    });
    expect(linesOf(join(folder, "notes")).map(({ item }) => item.kind)).toEqual(["note", "note"]);
  });

  it("is rejected by a stack that would run it in a Lambda function", () => {
    expect(() => synthesize([editor(), file({ path: "news.ndjson" })])).toThrow(
      "plugins: file writes to the file news.ndjson, which is not possible in Lambda.",
    );
  });
});
