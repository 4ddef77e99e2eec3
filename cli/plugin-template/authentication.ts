import type { Part } from "./part.ts";

export const authentication: Part = {
  about: "knows users by a way of its own to prove who they are",
  before: () => `
/** Who has which token. A real one is nothing that a source tells. */
const TOKENS = new Map([["let-me-in", "ada"]]);`,
  code: () => ({
    authentication: `{
  scheme: "token",
  challenge: "Token",
  identify: (credentials) => TOKENS.get(credentials) ?? null,
}`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "knows who has a token, and nobody without",
      body: `
${write.start(`${identifier}()`)}
const userWith = async (token: string) => (await store.get("/", { as: null, headers: { authorization: \`Token \${token}\` } })).body.user?.id;

${write.equal('await userWith("let-me-in")', `"${name}:ada"`)}
${write.equal('await userWith("let-me-out")', "undefined")}`,
    },
  ],
};
