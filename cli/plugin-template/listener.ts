import type { Part } from "./part.ts";

export const listener: Part = {
  about: "handles changes after they are stored",
  code: ({ name }) => ({
    listeners: `
recorded: {
  on: ["record.create"],
  run: (event, { log }) => log.info("${name} saw a new record", { uri: event.uri }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "handles new records",
      body: `
${write.start(`${identifier}()`)}
await store.put("/buckets/a");
await store.put("/buckets/a/collections/b");
await store.put("/buckets/a/collections/b/records/c", { data: { title: "First" } });
await store.drain();

const lines = store.logLines.map((line) => JSON.parse(line)).filter(({ message }) => message === "${name} saw a new record");
${write.equal("lines.map(({ uri }) => uri)", '["/buckets/a/collections/b/records/c"]')}`,
    },
  ],
};
