import type { Part } from "./part.ts";

export const filter: Part = {
  about: "changes requests and responses",
  code: ({ name }) => ({
    filters: `
mark: {
  about: "Adds a header to each response.",
  response: (answer) => ({ ...answer, headers: { ...answer.headers, "x-${name}": "seen" } }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "adds a header to responses",
      body: `
${write.start(`${identifier}()`)}
${write.equal(`(await store.get("/")).headers.get("x-${name}")`, '"seen"')}`,
    },
  ],
};
