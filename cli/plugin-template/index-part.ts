import type { Part } from "./part.ts";

/** Named after what it is for: `index` is what a folder's own file is called. */
export const indexPart: Part = {
  about: "says what is found of a record by full text",
  code: () => ({
    indexes: `
public: {
  about: "Leaves drafts out, and what is secret in the others.",
  document: ({ secret, ...document }) => (document.draft === true ? null : document),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "lets nobody find drafts and secrets",
      body: `
const { definePlugin, indexing, json } = await import("@kintoun/kit");
const keeper = definePlugin({
  name: "${name.slice(0, 20)}-keeper",
  about: "Tells what would stand in an index, as the plugin search keeps one.",
  interfaces: [indexing],
  setup: ({ use }) => ({ indexes: use(indexing) }),
  routes: {
    "GET /kept/:title": {
      about: "What is indexed of a record.",
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
