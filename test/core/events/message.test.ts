import { describe, expect, it } from "@jest/globals";
import { type ChangeEvent, fromMessage, toMessage } from "../../../core/events/event.ts";
import { LARGEST_MESSAGE } from "../../../core/events/packed.ts";
import type { JsonObject } from "../../../lib/json.ts";
import fc from "../../fast-check.ts";

const created = (data: JsonObject): ChangeEvent => ({
  id: "/buckets/b/collections/c/records/r@1",
  resource_name: "record",
  uri: "/buckets/b/collections/c/records/r",
  bucket_id: "b",
  collection_id: "c",
  record_id: "r",
  user_id: "basicauth:x",
  timestamp: 1,
  life: "1",
  action: "create",
  new: data,
});
/** What SQS takes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const REFUSED = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/;

describe("a message", () => {
  it("gives back every event that it was made of, in characters that queues take", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" })), (data) => {
        const event = created(JSON.parse(JSON.stringify(data)));

        const message = toMessage(event);

        expect(message).not.toMatch(REFUSED);
        expect(fromMessage(message)).toEqual(event);
      }),
    );
  });

  it("is a superset of Kinto's notification payload", () => {
    expect(JSON.parse(toMessage(created({ title: "🌥" })))).toMatchObject({
      event: {
        action: "create",
        resource_name: "record",
        uri: "/buckets/b/collections/c/records/r",
        bucket_id: "b",
        collection_id: "c",
        record_id: "r",
        user_id: "basicauth:x",
        timestamp: 1,
      },
      impacted_records: [{ new: { title: "🌥" } }],
    });
  });

  it.each(["🌥", "\ud800", "雲", "\u0000", '"', "x"])(
    "fits a queue, also when the largest record made of %j is replaced",
    (unit) => {
      const bytes = Buffer.byteLength(JSON.stringify(unit)) - 2;
      const data = { id: "r", text: unit.repeat(Math.floor(390_000 / bytes)) };
      const event = { ...created(data), action: "update", old: data } as ChangeEvent;

      const message = toMessage(event);

      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(LARGEST_MESSAGE);
      expect(fromMessage(message)).toEqual(event);
    },
  );

  it("fits a queue, also when nothing in the largest record comes twice", () => {
    let seed = 1;
    const next = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return String.fromCodePoint(0x10000 + (seed % 0xfffff));
    };
    const data = () => ({ id: "r", text: Array.from({ length: 390_000 / 4 }, next).join("") });
    const event = { ...created(data()), action: "update", old: data() } as ChangeEvent;

    const message = toMessage(event);

    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(LARGEST_MESSAGE);
    expect(fromMessage(message)).toEqual(event);
  });

  it.each([
    "",
    "null",
    "{}",
    '{"event":{}}',
    '{"event":{"id":"x","action":"create"},"impacted_records":[]}',
    "gzip:AAAA",
  ])("is not read out of %j", (body) => {
    expect(() => fromMessage(body)).toThrow();
  });
});
