import { describe, expect, it } from "@jest/globals";
import { fromRefusedMessage, keepRefusedMessages, REFUSED_ATTRIBUTES } from "../../../core/events/refused-messages.ts";
import type { QueueMessage } from "../../../core/ports/queue.ts";

const MESSAGE: QueueMessage = { queue: "p-l", body: '{"a":1}', group: "g", id: "i", attributes: { x: "y" } };

const keep = async (messages: readonly QueueMessage[], rejected: readonly number[] = []) => {
  const sent: QueueMessage[] = [];
  const send = async (batch: readonly QueueMessage[]) => {
    sent.push(...batch);
    return rejected.map((index) => ({ index, permanent: true, reason: "refused" }));
  };
  const queue = { send, postpone: async () => {}, ping: async () => {} };
  const unkept = await keepRefusedMessages(
    queue,
    messages.map((message) => ({ message, reason: "The queue does not exist." })),
  );
  return { sent, unkept };
};

describe("a message that its queue refuses", () => {
  it("is kept with its queue, its other fields and the reason", async () => {
    const { sent, unkept } = await keep([MESSAGE]);

    expect(unkept).toEqual([]);
    expect(sent).toEqual([
      {
        ...{ queue: "dispatch-failures", body: '{"a":1}' },
        attributes: {
          ...{ target: "p-l", fields: '{"group":"g","id":"i","attributes":{"x":"y"}}' },
          ...{ failed_at: expect.stringMatching(/^\d{4}-.*Z$/), error: "The queue does not exist." },
        },
      },
    ]);
    expect(REFUSED_ATTRIBUTES).toEqual(["target", "fields"]);
    expect(fromRefusedMessage(sent[0]?.body ?? "", sent[0]?.attributes ?? {})).toEqual(MESSAGE);
  });

  it("is reported when it cannot be kept", async () => {
    expect((await keep([MESSAGE, MESSAGE, MESSAGE], [0, 2])).unkept).toEqual([0, 2]);
    expect(await keep([])).toEqual({ sent: [], unkept: [] });
  });

  it.each([{}, { target: "p-l" }, { fields: "{}" }, { target: "p-l", fields: "[]" }])(
    "is not read from the attributes %j",
    (attributes) => {
      expect(fromRefusedMessage("{}", attributes)).toBeUndefined();
    },
  );
});
