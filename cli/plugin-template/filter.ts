import type { Part } from "./part.ts";

export const filter: Part = {
  about: "looks at requests and answers on their way",
  code: ({ name }) => ({
    filters: `
mark: {
  about: "Marks each answer.",
  response: (answer) => ({ ...answer, headers: { ...answer.headers, "x-${name}": "seen" } }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "marks answers",
      body: `
${write.start(`${identifier}()`)}
${write.equal(`(await store.get("/")).headers.get("x-${name}")`, '"seen"')}`,
    },
  ],
};
