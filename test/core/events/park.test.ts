import { describe, expect, it } from "@jest/globals";
import { LARGEST_MESSAGE, unpacked } from "../../../core/events/packed.ts";
import { parkMessage } from "../../../core/events/park.ts";
import { sizeOf } from "../../../core/events/size.ts";
import type { QueueMessage } from "../../../core/ports/queue.ts";

const parked = async (body: string, error: unknown, group?: string) => {
  const sent: QueueMessage[] = [];
  const send = async (messages: readonly QueueMessage[]) => {
    sent.push(...messages);
    return [];
  };
  const queue = { send, postpone: async () => {}, ping: async () => {} };
  expect(
    await parkMessage(queue, "notes-note", { id: "m1", body, sent: 1, attempt: 7, group }, { error, tries: 5 }),
  ).toBe(true);
  expect(sent).toHaveLength(1);
  return sent[0] as QueueMessage & { attributes: Record<string, string> };
};

describe("a message that failed too often", () => {
  it("is put beside its queue as it was, with the error, the stack, the tries and the time", async () => {
    const { to, body, attributes, group } = await parked('{"n":1}', new TypeError("no good"));

    expect([to, body, group]).toEqual(["notes-note-dead", '{"n":1}', undefined]);
    expect(attributes).toEqual({
      attempts: "5",
      failed_at: expect.stringMatching(/^\d{4}-.*Z$/),
      error: "TypeError: no good",
      stack: expect.stringContaining("park.test.ts"),
    });
  });

  it("keeps its place in its series, and is taken once however often that is tried", async () => {
    expect(await parked("{}", "x", "g")).toMatchObject({ group: "g", id: "m1" });
    expect(await parked("{}", "x", "g")).toMatchObject({ group: "g", id: "m1" });
  });

  it.each([
    ["control characters and halves of pairs", new Error("a\u0000b\ud800c\uffffd🌥"), "Error: a?b?c?d🌥"],
    ["half a pair where it is cut", `${"x".repeat(7999)}🌥`, `${"x".repeat(7999)}?`],
    ["nothing", "", "?"],
    ["an object", { code: 5 }, "{ code: 5 }"],
    ["an object without a prototype", Object.create(null), "[Object: null prototype] {}"],
    ["undefined", undefined, "undefined"],
    ["an error whose stack is none", Object.assign(new Error("odd"), { stack: 5 }), "Error: odd"],
  ])("tells of whatever was thrown, such as %s", async (_, thrown, told) => {
    const { attributes } = await parked("{}", thrown);
    expect(attributes.error).toBe(told);
    for (const value of Object.values(attributes))
      expect(value).not.toMatch(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  });

  it.each([0, 1, 5, 60, 300, 9000, 30_000])(
    "fits its queue when its body leaves %d bytes, and says the same as before",
    async (room) => {
      const json = JSON.stringify({ text: "x".repeat(LARGEST_MESSAGE - 11 - room) });
      expect(Buffer.byteLength(json)).toBe(LARGEST_MESSAGE - room);
      const message = await parked(json, new Error("é".repeat(10_000)));

      expect(sizeOf(message)).toBeLessThanOrEqual(LARGEST_MESSAGE);
      expect(unpacked(message.body)).toEqual(JSON.parse(json));
      expect(Object.keys(message.attributes)).toEqual(["attempts", "failed_at", "error", "stack"]);
    },
  );

  it.each([
    [0, []],
    [20, ["attempts"]],
    [120, ["attempts", "failed_at", "error"]],
  ])("is never cut where nothing makes it smaller: %d bytes are left", async (room, facts) => {
    const body = `gzip:${"x".repeat(LARGEST_MESSAGE - 5 - room)}`;
    const message = await parked(body, new Error("🌥".repeat(1000)));

    expect(message.body).toBe(body);
    expect(Object.keys(message.attributes)).toEqual(facts);
    expect(sizeOf(message)).toBeLessThanOrEqual(LARGEST_MESSAGE);
    expect(message.attributes.error ?? "").not.toContain("\ufffd");
  });
});
