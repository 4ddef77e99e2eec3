import type { Part } from "./part.ts";

/** Not named `interface`, which is a reserved word. */
export const interfacePart: Part = {
  about: "defines an interface for other plugins",
  imports: ["defineInterface", "jsonResponse"],
  before: ({ name }) => `
/** Changes a text. This plugin has the first implementation. */
export const wording = defineInterface<{ word: (text: string) => string }>("${name}-wording");`,
  setup: { uses: "use", returns: "wordings: use(wording)" },
  code: ({ name }) => ({
    interfaces: "[wording]",
    implementations: `
polite: {
  interface: wording,
  with: () => ({ word: (text) => \`\${text}, please\` }),
},`,
    routes: `
"GET /${name}/words/:text": {
  about: "Returns a text that all implementations have changed.",
  run: async ({ params }, { services }) => jsonResponse({ text: await services.wordings.chain("word", params.text) }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "changes texts",
      body: `
${write.start(`${identifier}()`)}
${write.equal(`(await store.get("/${name}/words/tea")).body`, '{ text: "tea, please" }')}`,
    },
  ],
};
