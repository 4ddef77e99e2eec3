import type { Part } from "./part.ts";

export const inbound: Part = {
  about: "takes in what happens outside of the store",
  imports: ["need"],
  code: ({ name }) => ({
    inbound: `
orders: {
  about: "What an order system tells.",
  from: need.events({ source: ["orders"], "detail-type": ["order.paid"] }),
  run: ({ type, time }, { log }) => log.info("${name} took something in", { type, time }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "takes in what an order system tells",
      body: `
${write.start(`${identifier}()`)}
await store.emit({ source: "orders", type: "order.paid", detail: { order: 1 } });
await store.emit({ source: "orders", type: "order.sent", detail: { order: 1 } });
await store.drain();

const taken = store.logLines.map((line) => JSON.parse(line)).filter(({ message }) => message === "${name} took something in");
${write.equal("taken.map(({ type }) => type)", '["order.paid"]')}`,
    },
  ],
};
