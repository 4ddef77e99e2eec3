import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";

const listening = (name: string, part: string) =>
  definePlugin({ name, about: "Listens.", listeners: { [part]: { on: ["record.create"], run: () => {} } } })();

describe("the names of listeners", () => {
  it("are refused where two would share a queue", () => {
    expect(() => readConfig({ plugins: [listening("a", "b-c"), listening("a-b", "c")] })).toThrow(
      "plugins: the listener 'c' of 'a-b' would share the queue 'a-b-c' with the plugin 'a'. Rename one.",
    );
    expect(() => readConfig({ plugins: [listening("store", "purge")] })).toThrow(
      "would share the queue 'store-purge' with the store.",
    );
  });

  it.each(["*", "Upper", "_", "x".repeat(60)])("are refused where they can't name a queue: %s", (part) => {
    expect(() => readConfig({ plugins: [listening("p", part)] })).toThrow(
      /p\.listeners\..*: its queue would be 'p-.*', which can't name one/,
    );
  });
});
