import type { Part } from "./part.ts";

/** Named after what it is for: `interface` is a word of the language. */
export const interfacePart: Part = {
  about: "asks other plugins to do something for it",
  imports: ["defineInterface", "jsonResponse"],
  before: ({ name }) => `
/** What other plugins may do with a text on its way; this one does the first of it. */
export const wording = defineInterface<{ word: (text: string) => string }>("${name}-wording");`,
  shares: { takes: "use", gives: "wordings: use(wording)" },
  code: ({ name }) => ({
    interfaces: "[wording]",
    implementations: `
polite: {
  interface: wording,
  with: () => ({ word: (text) => \`\${text}, please\` }),
},`,
    routes: `
"GET /${name}/words/:text": {
  about: "Gives a text, worded by all who implement the interface.",
  run: async ({ params }, { services }) => jsonResponse({ text: await services.wordings.chain("word", params.text) }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "words texts politely",
      body: `
${write.start(`${identifier}()`)}
${write.equal(`(await store.get("/${name}/words/tea")).body`, '{ text: "tea, please" }')}`,
    },
  ],
};
