import { describe, expect, it } from "@jest/globals";
import { selectEntries } from "../../kit/select-entries.ts";

const entries = ["a", "b", "c", "d"].map((id, index) => ({ id, last_modified: 10 + index, even: index % 2 === 0 }));
const ids = (query: string) => selectEntries(query, entries, 100).entries.map(({ id }) => id);

describe("selectEntries", () => {
  it("sorts newest first, and applies bounds, filters, order and fields", () => {
    expect(ids("")).toEqual(["d", "c", "b", "a"]);
    expect(ids("_since=10&_before=13")).toEqual(["c", "b"]);
    expect(ids("even=true&_sort=id")).toEqual(["a", "c"]);
    expect(selectEntries("_fields=id&id=a", entries, 100).entries).toEqual([{ id: "a", last_modified: 10 }]);
  });

  it("returns pages, which continue when entries have changed", () => {
    const first = selectEntries("_sort=id&_limit=2", entries, 100);
    expect([first.entries.length, first.total]).toEqual([2, 4]);
    const rest = selectEntries(first.next ?? "", entries.slice(2), 100);
    expect(rest.entries.map(({ id }) => id)).toEqual(["c", "d"]);
    expect(rest.next).toBeUndefined();
  });

  it.each(["_limit=x", "_token=x", "_token=W10x", "_since=soon", "_since=99999999999"])("refuses %s", (query) => {
    expect(() => selectEntries(query, entries, 100)).toThrow(expect.objectContaining({ kind: "INVALID_PARAMETERS" }));
  });
});
