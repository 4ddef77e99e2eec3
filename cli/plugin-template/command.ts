import type { Part } from "./part.ts";

export const command: Part = {
  about: "adds a command for operators",
  zod: true,
  code: () => ({
    commands: `
count: {
  about: "Counts to a number.",
  flags: z.object({ to: z.int().min(1).max(100).default(3) }),
  run: ({ flags, print }) => {
    for (let number = 1; number <= flags.to; number++) print(String(number));
  },
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "counts to the given number",
      body: `
${write.start(`${identifier}()`)}

${write.equal(`await store.runCommand("${name}", "count", { to: 2 })`, '["1", "2"]')}
${write.rejects(`store.runCommand("${name}", "count", { to: 0 })`, "to:")}`,
    },
  ],
};
