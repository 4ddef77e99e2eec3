import type { Part } from "./part.ts";

export const route: Part = {
  about: "answers requests to a path of its own",
  imports: ["jsonResponse"],
  code: ({ name }) => ({
    routes: `
"GET /${name}/hello/:who": {
  about: "Greets somebody.",
  run: ({ params }) => jsonResponse({ hello: params.who }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "greets whom it is asked to greet",
      body: `
${write.start(`${identifier}()`)}
const { status, body } = await store.get("/${name}/hello/world");

${write.equal("status", "200")}
${write.equal("body", '{ hello: "world" }')}`,
    },
  ],
};
