import type { Part } from "./part.ts";

export const action: Part = {
  about: "runs a job that users start",
  zod: true,
  code: () => ({
    actions: `
cheer: {
  about: "Cheers a number of times.",
  on: ["bucket"],
  params: z.object({ times: z.int().min(1).max(10).describe("How often.") }),
  run: async ({ params, job }) => {
    await job.note({ times: params.times });
    return "Hooray! ".repeat(params.times).trim();
  },
},`,
  }),
  tests: ({ identifier }, write) => [
    {
      title: "cheers when a user starts it",
      body: `
${write.start(`${identifier}()`)}
await store.put("/buckets/a");
const { status, body } = await store.post("/buckets/a/actions/cheer", { times: 2 });
await store.drain();
const job = await store.get(\`/jobs/\${body.job_id}?results=true\`);

${write.equal('(await store.post("/buckets/a/actions/cheer", {})).status', "400")}
${write.equal("status", "202")}
${write.equal("job.body.status", '"succeeded"')}
${write.equal("job.body.result", '"Hooray! Hooray!"')}`,
    },
  ],
};
