import type { Part } from "./part.ts";

export const renderer: Part = {
  about: "writes responses in another format than JSON",
  code: () => ({
    renderers: `
lines: {
  types: ["text/plain"],
  about: "Writes each field of an object on a line.",
  render: ({ body }) => \`\${JSON.stringify(body, null, 2)}\\n\`,
},`,
  }),
  tests: ({ identifier }, write) => [
    {
      title: "writes responses as text",
      body: `
${write.start(`${identifier}()`)}
await store.put("/buckets/a");
const { headers, body } = await store.get("/buckets/a", { headers: { accept: "text/plain" } });

${write.equal('headers.get("content-type")?.split(";")[0]', '"text/plain"')}
${write.equal("JSON.parse(body).data.id", '"a"')}`,
    },
  ],
};
