import { describe, expect, it } from "@jest/globals";
import type { ListEntry } from "../../../core/ports/store.ts";
import { PageCache } from "../../../core/store/page-cache.ts";

const entry = (id: string, chars = 0): ListEntry => ({
  id,
  last_modified: 1,
  json: JSON.stringify({ id, text: "x".repeat(chars) }),
});

describe("PageCache", () => {
  it("parses an entry once while it is kept", () => {
    const pages = new PageCache();
    const kept = entry("a");
    const data = pages.parseEntry(kept);

    expect(data).toEqual({ id: "a", text: "" });
    expect(pages.parseEntry(kept)).toBe(data);
    expect(pages.parseEntry({ ...kept })).not.toBe(data);
  });

  it("keeps parsed entries up to a total size", () => {
    const pages = new PageCache();
    const first = entry("first");
    const data = pages.parseEntry(first);
    for (let i = 0; i < 15; i++) pages.parseEntry(entry(`e${i}`, 390_000));
    expect(pages.parseEntry(first)).toBe(data);

    for (let i = 0; i < 3; i++) pages.parseEntry(entry(`f${i}`, 390_000));
    expect(pages.parseEntry(first)).not.toBe(data);
    expect(pages.parseEntry(first)).toEqual(data);
  });
});
