/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { defineInterface, definePlugin } from "@kintoun/kit";

const named = { name: "x", about: "Is a test." };
interface Munger {
  readonly munge: (text: string) => Promise<string>;
  readonly count: (text: string) => number;
}
const munger = defineInterface<Munger>("munger");

// An implementation has each method with its type.
void (() => {
  void definePlugin({
    ...named,
    // @ts-expect-error `count` is missing
    implementations: { m: { interface: munger, with: () => ({ munge: async (text: string) => text }) } },
  });
  void definePlugin({
    ...named,
    implementations: {
      // @ts-expect-error a munger gives a text
      m: { interface: munger, with: () => ({ munge: async (text: string) => text.length, count: () => 1 }) },
    },
  });
  void definePlugin({
    ...named,
    setup: () => ({ mark: "!" }),
    implementations: {
      m: {
        interface: munger,
        with: ({ services }) => ({ munge: async (text) => text + services.mark, count: (text) => text.length }),
      },
    },
  });
});

// `chain` accepts methods that return what they take.
void (() => {
  void definePlugin({
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
        misspelled: () => mungers.chain("mung", "text"),
      };
    },
  });
});

// An interface has known options only.
void (() => {
  // @ts-expect-error `singleton` is meant
  void defineInterface<Munger>("munger", { single: true });
});
