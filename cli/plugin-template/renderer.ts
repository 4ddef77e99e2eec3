import type { Part } from "./part.ts";

export const renderer: Part = {
  about: "writes answers in another form than JSON, for those whose Accept asks for it",
  code: () => ({
    renderers: `
lines: {
  types: ["text/plain"],
  about: "Writes an object's fields on lines of their own.",
  render: ({ body }) => \`\${JSON.stringify(body, null, 2)}\\n\`,
},`,
  }),
  tests: ({ identifier }, write) => [
    {
      title: "writes answers as text",
      body: `
${write.start(`${identifier}()`)}
await store.put("/buckets/a");
const { headers, body } = await store.get("/buckets/a", { headers: { accept: "text/plain" } });

${write.equal('headers.get("content-type")?.split(";")[0]', '"text/plain"')}
${write.equal("JSON.parse(body).data.id", '"a"')}`,
    },
  ],
};
