import { describe, expect, it } from "@jest/globals";
import { decodeFailedRecord, encodeFailedRecord, sendDeadLetter } from "../../../core/events/dead-letters.ts";
import { decodeBody, MAX_MESSAGE_BYTES, measureMessage } from "../../../core/events/message-body.ts";
import type { QueueMessage } from "../../../core/ports/queue.ts";

const deadLetterOf = async (body: string, error: unknown, group?: string) => {
  const sent: QueueMessage[] = [];
  const send = async (messages: readonly QueueMessage[]) => {
    sent.push(...messages);
    return [];
  };
  const queue = { send, postpone: async () => {}, ping: async () => {} };
  expect(
    await sendDeadLetter(
      queue,
      "notes-note",
      { id: "m1", body, sentAt: 1, receiveCount: 7, group },
      { error, attempts: 5 },
    ),
  ).toBe(true);
  expect(sent).toHaveLength(1);
  return sent[0] as QueueMessage & { attributes: Record<string, string> };
};

describe("sendDeadLetter", () => {
  it("sends the body unchanged, with the error, the stack, the attempts and the time", async () => {
    const { queue, body, attributes, group } = await deadLetterOf('{"n":1}', new TypeError("no good"));

    expect([queue, body, group]).toEqual(["notes-note-dead", '{"n":1}', undefined]);
    expect(attributes).toEqual({
      attempts: "5",
      failed_at: expect.stringMatching(/^\d{4}-.*Z$/),
      error: "TypeError: no good",
      stack: expect.stringContaining("dead-letters.test.ts"),
    });
  });

  it("keeps the message group and uses the message id for deduplication", async () => {
    expect(await deadLetterOf("{}", "x", "g")).toMatchObject({ group: "g", id: "m1" });
    expect(await deadLetterOf("{}", "x", "g")).toMatchObject({ group: "g", id: "m1" });
  });

  it.each([
    ["control characters and lone surrogates", new Error("a\u0000b\ud800c\uffffd🌥"), "Error: a?b?c?d🌥"],
    ["an emoji at the limit", `${"x".repeat(7999)}🌥`, "x".repeat(7999)],
    ["an empty string", "", "?"],
    ["an object", { code: 5 }, "{ code: 5 }"],
    ["an object without a prototype", Object.create(null), "[Object: null prototype] {}"],
    ["undefined", undefined, "undefined"],
    ["an error whose stack is not a string", Object.assign(new Error("odd"), { stack: 5 }), "Error: odd"],
  ])("describes a thrown value: %s", async (_, thrown, text) => {
    const { attributes } = await deadLetterOf("{}", thrown);
    expect(attributes.error).toBe(text);
    for (const value of Object.values(attributes))
      expect(value).not.toMatch(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  });

  it.each([0, 1, 5, 60, 300, 9000, 30_000])(
    "compresses the body if it leaves only %d bytes for the attributes",
    async (bytesLeft) => {
      const json = JSON.stringify({ text: "x".repeat(MAX_MESSAGE_BYTES - 11 - bytesLeft) });
      expect(Buffer.byteLength(json)).toBe(MAX_MESSAGE_BYTES - bytesLeft);
      const message = await deadLetterOf(json, new Error("é".repeat(10_000)));

      expect(measureMessage(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      expect(decodeBody(message.body)).toEqual(JSON.parse(json));
      expect(Object.keys(message.attributes)).toEqual(["attempts", "failed_at", "error", "stack"]);
    },
  );

  it.each([
    [0, []],
    [20, ["attempts"]],
    [120, ["attempts", "failed_at", "error"]],
  ])("truncates the attributes if the body cannot be compressed and leaves %d bytes", async (bytesLeft, names) => {
    const body = `gzip:${"x".repeat(MAX_MESSAGE_BYTES - 5 - bytesLeft)}`;
    const message = await deadLetterOf(body, new Error("🌥".repeat(1000)));

    expect(message.body).toBe(body);
    expect(Object.keys(message.attributes)).toEqual(names);
    expect(measureMessage(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    expect(message.attributes.error ?? "").not.toContain("\ufffd");
  });
});

describe("a record of the table's stream that failed", () => {
  it("is read as it was written, with its error", () => {
    const body = encodeFailedRecord({ eventID: "1" }, new TypeError("no good"));

    expect(decodeFailedRecord(body)).toEqual({
      ...{ record: { eventID: "1" }, error: "TypeError: no good" },
      stack: expect.stringContaining("dead-letters.test.ts"),
    });
    expect(decodeFailedRecord(encodeFailedRecord({}, "text"))).toEqual({ record: {}, error: "text" });
  });

  it.each([
    "null",
    "[]",
    "{}",
    '{"record":{}}',
    '{"error":"x"}',
    '{"record":[],"error":"x"}',
    '{"record":{},"error":1}',
  ])("is not read from %j", (body) => {
    expect(decodeFailedRecord(body)).toBeUndefined();
  });
});
