import type { Part } from "./part.ts";

export const config: Part = {
  about: "takes options, and says which are wrong",
  imports: ["jsonResponse"],
  zod: true,
  before: () => `
const options = z.strictObject({
  /** What it calls itself. */
  title: z.string().min(1).max(100).default("unnamed"),
});`,
  code: ({ name }) => ({
    config: "options.prefault({})",
    routes: `
"GET /${name}/title": {
  about: "Tells what the store's operator calls it.",
  run: (_call, { config }) => jsonResponse({ title: config.title }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "refuses options that it can't use",
      body: write.rejects(`startTestStore({ plugins: [${identifier}({ title: "" })] })`, `${name}.title`),
    },
    {
      title: "takes the options that it can use",
      body: `
${write.start(`${identifier}({ title: "Kept" })`)}
${write.equal(`(await store.get("/${name}/title")).body`, '{ title: "Kept" }')}`,
    },
  ],
};
