import type { Part } from "./part.ts";

export const authentication: Part = {
  about: "authenticates users",
  before: () => `
/** Users by token. Real tokens do not belong in sources. */
const TOKENS = new Map([["let-me-in", "ada"]]);`,
  code: () => ({
    authentication: `{
  schemes: ["token"],
  challenge: "Token",
  identify: ({ credentials }) => TOKENS.get(credentials) ?? null,
}`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "authenticates users with a token only",
      body: `
${write.start(`${identifier}()`)}
const userWith = async (token: string) => (await store.get("/", { as: null, headers: { authorization: \`Token \${token}\` } })).body.user?.id;

${write.equal('await userWith("let-me-in")', `"${name}:ada"`)}
${write.equal('await userWith("let-me-out")', "undefined")}`,
    },
  ],
};
