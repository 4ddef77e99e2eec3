import { describe, expect, it } from "@jest/globals";
import { FollowedList, type ListOrder } from "../../../core/store/followed-list.ts";

const entry = (id: string, n: number) => ({ id, json: JSON.stringify({ id, n }), last_modified: n });
const change = (id: string, n: number, deleted = false) => ({ ...entry(id, n), revision: n, deleted });

const BY_N: ListOrder = {
  name: "by n",
  fields: ["n"],
  comparator:
    ([values = []]) =>
    (a, b) =>
      Number(values[a]) - Number(values[b]),
};

const idsIn = (list: FollowedList) => list.positions(BY_N).map((position) => list.entryAt(position).id);

const open = async (count: number): Promise<FollowedList> => {
  const list = new FollowedList("g", 0);
  list.add(Array.from({ length: count }, (_, n) => entry(`r${n}`, n * 10)));
  await list.prepare(["n"]);
  return list;
};

describe("a followed list", () => {
  it.each([3, 2000])("keeps an order when %d entries change at once", async (count) => {
    const list = await open(2500);
    expect(idsIn(list).slice(0, 3)).toEqual(["r0", "r1", "r2"]);
    const changes = Array.from({ length: count }, (_, n) => change(`r${n}`, 100_000 - n));

    list.apply([...changes, change("r2499", 1, true), change("new", -1)]);

    const fresh = new FollowedList("g", 0);
    fresh.add(list.positions(BY_N).map((position) => list.entryAt(position)));
    await fresh.prepare(["n"]);
    expect(list.size).toBe(2500);
    expect(idsIn(list)).toEqual(idsIn(fresh));
    expect(idsIn(list)[0]).toBe("new");
    expect(idsIn(list).at(-1)).toBe("r0");
  });

  it("applies only the last of several changes of an entry", async () => {
    const list = await open(1);

    list.apply([change("a", 5), change("r0", 7), change("a", 8), change("r0", 9, true)]);

    expect(idsIn(list)).toEqual(["a"]);
    expect(list.columns(["n"])[0]?.[list.positions(BY_N)[0] ?? -1]).toBe(8);
  });

  it("does not take entries twice", async () => {
    const list = await open(2);

    list.add([entry("r1", 999)]);

    expect(list.size).toBe(2);
    expect(idsIn(list)).toEqual(["r0", "r1"]);
  });

  it("forgets the values of fields that were not used lately, and the orders by them", async () => {
    const list = await open(2);
    expect(idsIn(list)).toEqual(["r0", "r1"]);

    await list.prepare(Array.from({ length: 16 }, (_, n) => `field${n}`));

    list.apply([change("r0", 50)]);
    expect(() => list.columns(["n"])).toThrow("not prepared");
    await list.prepare(["n"]);
    expect(idsIn(list)).toEqual(["r1", "r0"]);
  });

  it("takes no more memory after an entry is replaced and removed", async () => {
    const list = await open(2);
    const { chars, bytes } = list;

    list.apply([change("x", 1)]);
    list.apply([change("x", 1, true)]);

    expect(list.bytes).toBe(bytes);
    expect(list.chars - chars).toBeLessThan(100);
  });
});
