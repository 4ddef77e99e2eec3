import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { queueConfigs } from "../../config/queues.ts";

const queueWith = (options: object) => {
  const plugin = definePlugin({
    name: "p",
    about: "Listens.",
    listeners: { notify: { on: ["record.create"], run: () => {}, ...options } },
  });
  return queueConfigs(readConfig({ plugins: [plugin()] })).find(({ name }) => name === "p-notify");
};

describe("queueConfigs", () => {
  it("uses the options of the listener, and recommendations of AWS by default", () => {
    expect(queueWith({})).toMatchObject({
      ordered: false,
      batchSize: 10,
      batchWindow: 0,
      tries: 5,
      maxReceiveCount: 10,
      budget: 55,
      batchBudget: 55,
      timeout: 60,
      visibility: 360,
    });
    expect(queueWith({ batch: { size: 50, window: 20 }, retries: 0, timeout: 100 })).toMatchObject({
      batchSize: 50,
      tries: 1,
      maxReceiveCount: 6,
      timeout: 105,
      visibility: 650,
    });
  });

  it("uses a batch budget for two messages and the maximum receive count for ordered queues", () => {
    expect(queueWith({ ordered: true })).toMatchObject({
      ordered: true,
      tries: 5,
      maxReceiveCount: 1000,
      budget: 55,
      batchBudget: 110,
      timeout: 115,
      visibility: 690,
    });
    expect(queueWith({ ordered: true, timeout: 800 })).toMatchObject({ budget: 800, batchBudget: 895, timeout: 900 });
  });

  it("limits the receive count to the maximum of SQS", () =>
    expect(queueWith({ retries: 999 })).toMatchObject({ tries: 1000, maxReceiveCount: 1000 }));
});
