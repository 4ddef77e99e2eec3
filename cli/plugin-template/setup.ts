import type { Part } from "./part.ts";

export const setup: Part = {
  about: "creates what its parts share, once per process",
  imports: ["jsonResponse"],
  setup: { returns: "visits: new Map<string, number>()" },
  code: ({ name }) => ({
    routes: `
"POST /${name}/visits/:who": {
  about: "Counts visits of this process.",
  run: ({ params }, { services: { visits } }) => {
    const count = (visits.get(params.who) ?? 0) + 1;
    visits.set(params.who, count);
    return jsonResponse({ visits: count });
  },
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "counts visits",
      body: `
${write.start(`${identifier}()`)}
await store.post("/${name}/visits/ada");

${write.equal(`(await store.post("/${name}/visits/ada")).body`, "{ visits: 2 }")}
${write.equal(`(await store.post("/${name}/visits/bob")).body`, "{ visits: 1 }")}`,
    },
  ],
};
