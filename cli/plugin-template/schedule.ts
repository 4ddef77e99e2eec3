import type { Part } from "./part.ts";

export const schedule: Part = {
  about: "runs a job at set times",
  code: ({ name }) => ({
    schedules: `
nightly: {
  about: "Says good night.",
  cron: "0 3 * * *",
  run: async (_call, { log }) => log.info("${name} says good night"),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "says good night each night",
      body: `
${write.start(`${identifier}()`)}
store.clock.set("2040-01-01T12:00:00Z");
await store.drain();
const before = store.logLines.filter((line) => line.includes("${name} says good night")).length;
store.clock.advance(24 * 3600 * 1000);
await store.drain();
const after = store.logLines.filter((line) => line.includes("${name} says good night")).length;

${write.equal("after - before", "1")}`,
    },
  ],
};
