import type { Part } from "./part.ts";

export const hookPoint: Part = {
  about: "lets other plugins run hooks at a point",
  imports: ["defineHookPoint", "jsonResponse", "refuse"],
  before: ({ name }) => `
/** Other plugins attach hooks by \`hooks.at\`. */
export const opening = defineHookPoint<{ readonly who: string }>({
  name: "${name}.opening",
  about: "Before the door opens for a user.",
  params: { who: "Whom it is opened for." },
  veto: true,
});`,
  setup: { uses: "trigger", returns: "trigger" },
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
  about: "Opens the door for a user.",
  run: async ({ params }, { services }) => {
    await services.trigger(opening, { who: params.who });
    return jsonResponse({ open: true });
  },
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "opens the door unless a hook vetoes",
      body: `
${write.start(`${identifier}()`)}
${write.equal(`(await store.post("/${name}/door/ada")).body`, "{ open: true }")}
${write.equal(`(await store.post("/${name}/door/mallory")).status`, "403")}`,
    },
  ],
};
