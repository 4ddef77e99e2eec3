import { describe, expect, it } from "@jest/globals";
import { copyData } from "../../../lib/util/copy-data.ts";

describe("copyData", () => {
  it("copies objects, lists, dates, maps and bytes", () => {
    const value = {
      list: [1, { deep: true }],
      date: new Date(5),
      map: new Map([["a", { n: 1 }]]),
      bytes: new Uint8Array(2),
    };

    const copy = copyData(value);

    expect(copy).toEqual(value);
    for (const key of ["list", "date", "map", "bytes"] as const) expect(copy[key]).not.toBe(value[key]);
    expect(copy.list[1]).not.toBe(value.list[1]);
    expect(copy.map.get("a")).not.toBe(value.map.get("a"));
  });

  it("keeps functions and instances of other classes as they are", () => {
    class Service {
      call = () => 1;
    }
    const value = {
      note: () => 2,
      signal: new AbortController().signal,
      service: new Service(),
      map: new Map([["f", () => 3]]),
    };

    const copy = copyData(value);

    expect(copy.note).toBe(value.note);
    expect(copy.signal).toBe(value.signal);
    expect(copy.service).toBe(value.service);
    expect(copy.map).toBe(value.map);
  });

  it("copies cycles and a __proto__ key", () => {
    const value: Record<string, unknown> = JSON.parse('{"__proto__": {"a": 1}}');
    value.self = value;

    const copy = copyData(value);

    expect(copy.self).toBe(copy);
    expect(Object.keys(copy)).toEqual(["__proto__", "self"]);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });
});
