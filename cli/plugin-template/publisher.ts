import type { Part } from "./part.ts";

export const publisher: Part = {
  about: "sends items of listeners to another system",
  code: ({ name }) => ({
    listeners: `
found: {
  on: ["record.create"],
  run: (event) => ({ publish: [{ uri: event.uri }] }),
},`,
    publishers: `
log: {
  about: "Writes items to the log.",
  publish: async (items, { log }) => log.info("${name} publishes", { items }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "publishes items",
      body: `
${write.start(`${identifier}()`)}
await store.put("/buckets/a");
await store.put("/buckets/a/collections/b");
await store.put("/buckets/a/collections/b/records/c");
await store.drain();

const lines = store.logLines.map((line) => JSON.parse(line)).filter(({ message }) => message === "${name} publishes");
${write.equal("lines.map(({ items }) => items)", '[[{ uri: "/buckets/a/collections/b/records/c" }]]')}`,
    },
  ],
};
