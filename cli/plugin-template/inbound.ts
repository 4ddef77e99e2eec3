import type { Part } from "./part.ts";

export const inbound: Part = {
  about: "handles events from outside of the store",
  imports: ["need"],
  code: ({ name }) => ({
    inbound: `
orders: {
  about: "Events of an order system.",
  from: need.events({ source: ["orders"], "detail-type": ["order.paid"] }),
  run: ({ type, time }, { log }) => log.info("${name} received an event", { type, time }),
},`,
  }),
  tests: ({ name, identifier }, write) => [
    {
      title: "handles events of an order system",
      body: `
${write.start(`${identifier}()`)}
await store.emit({ source: "orders", type: "order.paid", detail: { order: 1 } });
await store.emit({ source: "orders", type: "order.sent", detail: { order: 1 } });
await store.drain();

const lines = store.logLines.map((line) => JSON.parse(line)).filter(({ message }) => message === "${name} received an event");
${write.equal("lines.map(({ type }) => type)", '["order.paid"]')}`,
    },
  ],
};
