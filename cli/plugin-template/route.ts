import type { Part } from "./part.ts";

export const route: Part = {
  about: "adds an endpoint",
  imports: ["jsonResponse"],
  code: ({ name }) => ({
    routes: `
"GET /${name}/hello/:who": {
  about: "Greets a user.",
  run: ({ params }) => jsonResponse({ hello: params.who }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "greets the user of the path",
      body: `
${write.start(`${identifier}()`)}
const { status, body } = await store.get("/${name}/hello/world");

${write.equal("status", "200")}
${write.equal("body", '{ hello: "world" }')}`,
    },
  ],
};
