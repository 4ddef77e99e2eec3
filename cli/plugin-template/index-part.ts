import type { Part } from "./part.ts";

/** Not named `index`, which is the name of a folder's main file. */
export const indexPart: Part = {
  about: "changes what full-text search indexes",
  code: () => ({
    indexes: `
public: {
  about: "Excludes drafts and secret fields.",
  document: ({ secret, ...document }) => (document.draft === true ? null : document),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "excludes drafts and secrets from search",
      body: `
const { definePlugin, indexing, jsonResponse } = await import("@kintoun/kit");
const keeper = definePlugin({
  name: "${name.slice(0, 20)}-keeper",
  about: "Shows the document that the search plugin would index.",
  interfaces: [indexing],
  setup: ({ use }) => ({ indexes: use(indexing) }),
  routes: {
    "GET /kept/:title": {
      about: "The indexed document of a record.",
      run: async ({ params: { title } }, { services }) => {
        const record = { title, secret: 7, draft: title === "draft" };
        return jsonResponse((await services.indexes.chain("document", { bucket_id: "a", collection_id: "b", document: record })).document);
      },
    },
  },
});
${write.start(`${identifier}(), keeper()`)}

${write.equal('(await store.get("/kept/ship")).body', '{ title: "ship", draft: false }')}
${write.equal('(await store.get("/kept/draft")).body', "null")}`,
    },
  ],
};
