import type { Part } from "./part.ts";

export const publisher: Part = {
  about: "tells on what listeners have found, to another system",
  code: ({ name }) => ({
    listeners: `
found: {
  on: ["record.create"],
  run: (event) => ({ publish: [{ uri: event.uri }] }),
},`,
    publishers: `
log: {
  about: "Tells the log.",
  publish: async (items, { log }) => log.info("${name} tells on", { items }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "tells on what was found",
      body: `
${write.start(`${identifier}()`)}
await store.put("/buckets/a");
await store.put("/buckets/a/collections/b");
await store.put("/buckets/a/collections/b/records/c");
await store.drain();

const told = store.logLines.map((line) => JSON.parse(line)).filter(({ message }) => message === "${name} tells on");
${write.equal("told.map(({ items }) => items)", '[[{ uri: "/buckets/a/collections/b/records/c" }]]')}`,
    },
  ],
};
