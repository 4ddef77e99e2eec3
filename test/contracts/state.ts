import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { STATE_LIMITS, type State, type StateQuery } from "../../core/ports/state.ts";
import type { Json } from "../../lib/json.ts";

export interface OpenedState {
  /** Opens a plugin's state. */
  readonly state: (plugin: string) => State;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The contract of every implementation of the port. @param open opens an empty table */
export const stateContract = (name: string, open: (now: () => number) => Promise<OpenedState>) =>
  describe(`plugin state on ${name}`, () => {
    let now = 1_700_000_000_000;
    let opened: OpenedState;
    let state: State;

    beforeAll(async () => {
      opened = await open(() => now);
      state = opened.state("p");
    });
    afterAll(() => opened[Symbol.asyncDispose]());

    const all = async (list: string, query?: StateQuery) => {
      const keys: string[] = [];
      for await (const { key } of state.list(list, query)) keys.push(key);
      return keys;
    };

    it("returns values as they were put", async () => {
      const value: Json = {
        text: "é\ud83d\ude00\u0000\ufffe",
        list: [1, null, { deep: [] }],
        ...JSON.parse('{"__proto__":{"a":1}}'),
      };

      await state.put("a list", "/buckets/b#1", value);

      expect(await state.get("a list", "/buckets/b#1")).toEqual(value);
      await state.put("a list", "/buckets/b#1", null);
      expect(await state.get("a list", "/buckets/b#1")).toBeNull();
      await state.delete("a list", "/buckets/b#1");
      await state.delete("a list", "/buckets/b#1");
      expect(await state.get("a list", "/buckets/b#1")).toBeUndefined();
    });

    it("separates plugins", async () => {
      await state.put("own", "k", 1);
      await opened.state("other").put("own", "k", 2);

      expect([await state.get("own", "k"), await opened.state("other").get("own", "k")]).toEqual([1, 2]);
      expect(await opened.state("p2").get("own", "k")).toBeUndefined();
    });

    it("adds a value only if the key does not exist", async () => {
      expect([await state.add("added", "k", 1), await state.add("added", "k", 2)]).toEqual([true, false]);
      expect(await state.get("added", "k")).toBe(1);

      const many = await Promise.all(Array.from({ length: 8 }, (_, n) => state.add("added", "many", n)));
      expect(many.filter(Boolean)).toHaveLength(1);
    });

    it("applies all concurrent changes", async () => {
      await Promise.all(
        Array.from({ length: 6 }, () => state.change("counted", "k", (present) => Number(present ?? 0) + 1)),
      );

      expect(await state.get("counted", "k")).toBe(6);
    });

    it("counts without losing concurrent changes, within conditions", async () => {
      const counts = await Promise.all(
        Array.from({ length: 8 }, () => state.count("counter", "k", { add: { hits: 1, bytes: 10 }, max: { hits: 6 } })),
      );

      expect(counts.filter((counter) => counter === undefined)).toHaveLength(2);
      expect(await state.get("counter", "k")).toEqual({ hits: 6, bytes: 60 });
      expect(await state.count("counter", "k", { add: { hits: -1 } })).toEqual({ hits: 5, bytes: 60 });
      expect(await state.count("counter", "k", { set: { from: 7 }, when: { from: 8 } })).toBeUndefined();
      expect(await state.count("counter", "k", { set: { from: 7 }, when: { from: null } })).toMatchObject({ from: 7 });
      await expect(state.count("counter", "k", { add: { "a.b": 1 } })).rejects.toThrow(RangeError);
      await expect(state.count("counter", "k", { add: { a: 0.5 } })).rejects.toThrow(RangeError);
    });

    it("changes several counters together or none", async () => {
      const add = { list: "together", add: { n: 1 }, max: { n: 1 } };

      expect(await state.countAll([])).toBe(true);
      expect(
        await state.countAll([
          { ...add, key: "a" },
          { ...add, key: "b" },
        ]),
      ).toBe(true);
      expect(
        await state.countAll([
          { ...add, key: "c" },
          { ...add, key: "b" },
        ]),
      ).toBe(false);
      expect(await state.get("together", "c")).toBeUndefined();
      const many = Array.from({ length: 91 }, (_, n) => ({ ...add, key: String(n) }));
      await expect(state.countAll(many)).rejects.toThrow("the limit is 90");
    });

    it("keeps the value when a change returns undefined", async () => {
      expect(await state.change("left", "k", () => undefined)).toBeUndefined();
      await state.put("left", "k", "as it was");
      expect(await state.change("left", "k", () => undefined)).toBe("as it was");
      expect(await state.change("left", "k", (present) => [present ?? null])).toEqual(["as it was"]);
    });

    it("lists entries in the order of their keys, in both directions and after any key", async () => {
      for (const key of ["b", "a", "é", "c", "B"]) await state.put("sorted", key, key);

      expect(await all("sorted")).toEqual(["B", "a", "b", "c", "é"]);
      expect(await all("sorted", { descending: true })).toEqual(["é", "c", "b", "a", "B"]);
      expect(await all("sorted", { after: "a", limit: 2 })).toEqual(["b", "c"]);
      expect(await all("sorted", { after: "bb", descending: true })).toEqual(["b", "a", "B"]);
      expect(await all("sorted", { limit: 0 })).toEqual([]);
      expect(await all("never put")).toEqual([]);
    });

    it("lists any number of entries", async () => {
      const large = "x".repeat(STATE_LIMITS.value - 2);
      for (let n = 0; n < 5; n++) await state.put("large", String(n), large);

      expect(await all("large")).toEqual(["0", "1", "2", "3", "4"]);
      expect(await all("large", { limit: 4 })).toEqual(["0", "1", "2", "3"]);
    });

    it("hides expired values that still exist in the table", async () => {
      await state.put("short", "a", 1, { expires: now + 5000 });
      await state.add("short", "b", 2, { expires: now + 60_000 });
      await state.put("short", "c", 3);
      expect([await state.get("short", "a"), await all("short")]).toEqual([1, ["a", "b", "c"]]);

      now += 5000;

      expect([await state.get("short", "a"), await all("short"), await all("short", { limit: 1 })]).toEqual([
        undefined,
        ["b", "c"],
        ["b"],
      ]);
      expect(await state.add("short", "a", "again")).toBe(true);
      now += 60_000;
      expect(await state.change("short", "b", (present) => [present === undefined])).toEqual([true]);
      expect(await state.get("short", "a")).toBe("again");
    });

    it("rejects invalid names and values", async () => {
      const list = "l".repeat(STATE_LIMITS.list);
      const key = "é".repeat(STATE_LIMITS.key / 2);
      await state.put(list, key, randomUUID());
      expect(await all(list)).toEqual([key]);

      for (const [call, message] of [
        [() => state.put("", "k", 1), "The list name has 0 bytes; it must have 1 to 1500"],
        [() => state.get("l", ""), "The key name has 0 bytes; it must have 1 to 1024"],
        [() => state.delete(`${list}l`, "k"), "The list name has 1501 bytes; it must have 1 to 1500"],
        [() => state.add("l", `${key}k`, 1), "The key name has 1025 bytes; it must have 1 to 1024"],
        [() => state.get("l", "\ud800"), "The key name '\ud800' is not well-formed Unicode"],
        [
          () => state.put("l", "k", "x".repeat(STATE_LIMITS.value)),
          "The value has 300002 bytes of JSON; the limit is 300000 bytes",
        ],
      ] as const) {
        await expect(call()).rejects.toThrow(new RangeError(message));
      }
    });
  });
