import type { Part } from "./part.ts";

export const listener: Part = {
  about: "is told what has changed, and works on it later",
  code: ({ name }) => ({
    listeners: `
recorded: {
  on: ["record.create"],
  run: (event, { log }) => log.info("${name} heard of a new record", { uri: event.uri }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "hears of new records",
      body: `
${write.start(`${identifier}()`)}
await store.put("/buckets/a");
await store.put("/buckets/a/collections/b");
await store.put("/buckets/a/collections/b/records/c", { data: { title: "First" } });
await store.drain();

const heard = store.logLines.map((line) => JSON.parse(line)).filter(({ message }) => message === "${name} heard of a new record");
${write.equal("heard.map(({ uri }) => uri)", '["/buckets/a/collections/b/records/c"]')}`,
    },
  ],
};
