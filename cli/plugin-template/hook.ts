import type { Part } from "./part.ts";

export const hook: Part = {
  about: "checks or changes data before it is stored",
  imports: ["refuse"],
  code: () => ({
    hooks: `
before: {
  tidy: {
    on: ["record.create", "record.update"],
    run: ({ new: data }) => {
      if (data?.title === "") throw refuse(400, "A record's title is not empty.");
      return typeof data?.title === "string" ? { ...data, title: data.title.trim() } : undefined;
    },
  },
},`,
  }),
  tests: ({ identifier }, write) => [
    {
      title: "trims titles, and rejects records without one",
      body: `
${write.start(`${identifier}()`)}
await store.put("/buckets/a");
await store.put("/buckets/a/collections/b");
const uri = "/buckets/a/collections/b/records/c";

${write.equal('(await store.put(uri, { data: { title: "" } })).status', "400")}
${write.equal('(await store.put(uri, { data: { title: " First " } })).body.data.title', '"First"')}`,
    },
  ],
};
