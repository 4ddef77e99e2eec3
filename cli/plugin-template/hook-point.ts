import type { Part } from "./part.ts";

export const hookPoint: Part = {
  about: "lets others have a word at a point of what it does",
  imports: ["defineHookPoint", "jsonResponse", "refuse"],
  before: ({ name }) => `
/** Others attach to it by \`hooks.at\`. */
export const opening = defineHookPoint<{ readonly who: string }>({
  name: "${name}.opening",
  about: "Before the door is opened for somebody.",
  params: { who: "Whom it is opened for." },
  veto: true,
});`,
  shares: { takes: "trigger", gives: "trigger" },
  code: ({ name }) => ({
    hookPoints: "[opening]",
    hooks: `
at: {
  guard: {
    point: opening,
    run: ({ who }) => {
      if (who === "mallory") throw refuse(403, "Not for mallory.");
    },
  },
},`,
    routes: `
"POST /${name}/door/:who": {
  about: "Opens the door for somebody.",
  run: async ({ params }, { services }) => {
    await services.trigger(opening, { who: params.who });
    return jsonResponse({ open: true });
  },
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "opens the door for those whom nobody keeps out",
      body: `
${write.start(`${identifier}()`)}
${write.equal(`(await store.post("/${name}/door/ada")).body`, "{ open: true }")}
${write.equal(`(await store.post("/${name}/door/mallory")).status`, "403")}`,
    },
  ],
};
