import type { Part } from "./part.ts";

export const config: Part = {
  about: "takes options and validates them",
  imports: ["jsonResponse"],
  zod: true,
  before: () => `
const options = z.strictObject({
  /** The title. */
  title: z.string().min(1).max(100).default("unnamed"),
});`,
  code: ({ name }) => ({
    config: "options.prefault({})",
    routes: `
"GET /${name}/title": {
  about: "Returns the title.",
  run: (_call, { config }) => jsonResponse({ title: config.title }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "rejects invalid options",
      body: write.rejects(`startTestStore({ plugins: [${identifier}({ title: "" })] })`, `${name}.title`),
    },
    {
      title: "accepts valid options",
      body: `
${write.start(`${identifier}({ title: "Kept" })`)}
${write.equal(`(await store.get("/${name}/title")).body`, '{ title: "Kept" }')}`,
    },
  ],
};
