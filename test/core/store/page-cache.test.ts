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

const CLOCK = { parentGeneration: "g", timestamp: 5, count: 1, untouched: false };
const page = (chars: number) => ({ entries: [{ id: "a", json: "x".repeat(chars), last_modified: 1 }] });

/** A cache, and the number of pages that were read because it did not have them. */
const openCache = () => {
  const cache = new PageCache();
  let reads = 0;
  const get = async (query: string, { list = "/l", clock = CLOCK, chars = 10 } = {}) => {
    const before = reads;
    const read = async () => {
      reads++;
      return page(chars);
    };
    expect(await cache.getOrRead(list, clock, query, read)).toEqual(page(chars));
    return reads > before ? "read" : "cached";
  };
  return { cache, get };
};

describe("pages in a PageCache", () => {
  it("keeps a page as long as the list has the same timestamp and generation", async () => {
    const { get } = openCache();

    expect(await get("q")).toBe("read");
    expect(await get("q")).toBe("cached");
    expect(await get("r")).toBe("read");
    expect(await get("q", { list: "/m" })).toBe("read");
    expect(await get("q", { clock: { ...CLOCK, timestamp: 6 } })).toBe("read");
    expect(await get("q", { clock: { ...CLOCK, parentGeneration: "h" } })).toBe("read");
    expect(await get("q", { clock: { ...CLOCK, count: 2, untouched: true } })).toBe("cached");
  });

  it("drops the pages that were not used for longest when it is full", async () => {
    const { get } = openCache();
    const large = { chars: 5_000_000 };
    for (const query of ["a", "b", "c", "d"]) expect(await get(query, large)).toBe("read");

    expect(await get("a", large)).toBe("cached");
    expect(await get("e", large)).toBe("read");
    expect(await get("b", large)).toBe("read");
    expect(await get("a", large)).toBe("cached");
    expect(await get("e", large)).toBe("cached");
  });

  it("counts the overhead of entries and pages", async () => {
    const { cache } = openCache();
    const entries = Array.from({ length: 15_000 }, () => ({ id: "a", json: "", last_modified: 1 }));
    let reads = 0;
    const get = (query: string) =>
      cache.getOrRead("/l", CLOCK, query, async () => {
        reads++;
        return { entries };
      });
    for (const query of ["a", "b", "c", "d", "e", "f"]) await get(query);

    expect(reads).toBe(6);
    await get("f");
    await get("a");
    expect(reads).toBe(7);
  });

  it("does not keep a page that would fill a quarter of it", async () => {
    const { get } = openCache();

    expect(await get("large", { chars: 6_000_000 })).toBe("read");
    expect(await get("large", { chars: 6_000_000 })).toBe("read");
    expect(await get("fitting", { chars: 5_999_000 })).toBe("read");
    expect(await get("fitting", { chars: 5_999_000 })).toBe("cached");
  });

  it("keeps one page when it is read twice at once", async () => {
    const { cache } = openCache();
    const read = async () => page(5_000_000);
    for (let i = 0; i < 10; i++)
      await Promise.all([cache.getOrRead("/l", CLOCK, `q${i}`, read), cache.getOrRead("/l", CLOCK, `q${i}`, read)]);
    let reads = 0;
    const count = async () => {
      reads++;
      return page(5_000_000);
    };
    for (const query of ["q9", "q8", "q7", "q6"]) await cache.getOrRead("/l", CLOCK, query, count);

    expect(reads).toBe(0);
  });

  it("keeps nothing when the read fails", async () => {
    const { cache, get } = openCache();
    const read = async () => {
      throw new Error("throttled");
    };

    await expect(cache.getOrRead("/l", CLOCK, "q", read)).rejects.toThrow("throttled");
    expect(await get("q")).toBe("read");
  });
});
