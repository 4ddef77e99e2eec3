import { describe, expect, it } from "@jest/globals";
import { defineInterface, definePlugin } from "@kintoun/kit";

/** Each of the calls below is checked by tsc: an expected error that does not come is an error itself. None of them is run. */
const compiled = (_: () => unknown): void => expect(true).toBe(true);
const named = { name: "x", about: "Is a test." };

interface Munger {
  readonly munge: (text: string) => Promise<string>;
  readonly count: (text: string) => number;
}
const munger = defineInterface<Munger>("munger");

describe("the compiler tells", () => {
  it("who implements an interface that a method lacks, or gives something else", () => {
    compiled(() =>
      definePlugin({
        ...named,
        // @ts-expect-error `count` is missing
        implementations: { m: { interface: munger, with: () => ({ munge: async (text: string) => text }) } },
      }),
    );
    compiled(() =>
      definePlugin({
        ...named,
        implementations: {
          // @ts-expect-error a munger gives a text
          m: { interface: munger, with: () => ({ munge: async (text: string) => text.length, count: () => 1 }) },
        },
      }),
    );
    compiled(() =>
      definePlugin({
        ...named,
        setup: () => ({ mark: "!" }),
        implementations: {
          m: {
            interface: munger,
            with: ({ services }) => ({ munge: async (text) => text + services.mark, count: (text) => text.length }),
          },
        },
      }),
    );
  });

  it("its owner that a method does not chain, or takes something else", () => {
    compiled(() =>
      definePlugin({
        ...named,
        interfaces: [munger],
        setup: ({ use }) => {
          const mungers = use(munger);
          return {
            fine: () => mungers.chain("munge", "text"),
            all: async () => (await mungers.all()).map((one) => one.count("text")),
            // @ts-expect-error what counts does not give a text to the next
            counts: () => mungers.chain("count", "text"),
            // @ts-expect-error a munger takes a text
            takes: () => mungers.chain("munge", 5),
            // @ts-expect-error `munge` is meant
            misspelt: () => mungers.chain("mung", "text"),
          };
        },
      }),
    );
  });

  it("that an interface has no such option", () => {
    // @ts-expect-error `singleton` is meant
    compiled(() => defineInterface<Munger>("munger", { single: true }));
  });
});
