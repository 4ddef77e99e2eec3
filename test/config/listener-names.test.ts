import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";

const createListener = (name: string, part: string) =>
  definePlugin({ name, about: "Listens.", listeners: { [part]: { on: ["record.create"], run: () => {} } } })();

describe("readConfig with listener names", () => {
  it("rejects two listeners with one queue", () => {
    expect(() => readConfig({ plugins: [createListener("a", "b-c"), createListener("a-b", "c")] })).toThrow(
      "plugins: a-b.listeners.c: its queue 'a-b-c' is already used by listeners.b-c of the plugin 'a'. Rename one.",
    );
    expect(() => readConfig({ plugins: [createListener("store", "purge")] })).toThrow(
      "its queue 'store-purge' is already used by the store",
    );
  });

  it.each(["*", "Upper", "_", "x".repeat(60)])("rejects the listener name %s", (part) => {
    expect(() => readConfig({ plugins: [createListener("p", part)] })).toThrow(
      /p\.listeners\..*: its queue would be named 'p-.*'\. Use at most 41/,
    );
  });
});
