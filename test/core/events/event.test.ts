import { describe, expect, it } from "@jest/globals";
import { type ChangeEvent, decodeEvent, encodeEvent } from "../../../core/events/event.ts";
import { MAX_MESSAGE_BYTES } from "../../../core/events/message-body.ts";
import { type JsonObject, parseJson } from "../../../lib/json.ts";
import fc, { codePoint } from "../../fast-check.ts";

const created = (data: JsonObject): ChangeEvent => ({
  id: "/buckets/b/collections/c/records/r@1",
  resource_name: "record",
  uri: "/buckets/b/collections/c/records/r",
  bucket_id: "b",
  collection_id: "c",
  record_id: "r",
  user_id: "basicauth:x",
  timestamp: 1,
  parent_generation: "1",
  action: "create",
  new: data,
});
/**
 * Characters that SQS refuses:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const REFUSED = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/;

describe("encodeEvent and decodeEvent", () => {
  it("round-trip every event, with characters that queues accept only", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: codePoint }), fc.jsonValue({ stringUnit: codePoint })), (data) => {
        const event = created(parseJson(JSON.stringify(data)) as JsonObject);

        const message = encodeEvent(event);

        expect(message).not.toMatch(REFUSED);
        expect(decodeEvent(message)).toEqual(event);
      }),
    );
  });

  it("encode a superset of Kinto's notification payload", () => {
    expect(JSON.parse(encodeEvent(created({ title: "🌥" })))).toMatchObject({
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
    "fit into a message when the largest record of %j is replaced",
    (unit) => {
      const bytes = Buffer.byteLength(JSON.stringify(unit)) - 2;
      const data = { id: "r", text: unit.repeat(Math.floor(390_000 / bytes)) };
      const event = { ...created(data), action: "update", old: data } as ChangeEvent;

      const message = encodeEvent(event);

      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      expect(decodeEvent(message)).toEqual(event);
    },
  );

  it("fit into a message when the largest record cannot be compressed", () => {
    let seed = 1;
    const next = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return String.fromCodePoint(0x10000 + (seed % 0xfffff));
    };
    const data = () => ({ id: "r", text: Array.from({ length: 390_000 / 4 }, next).join("") });
    const event = { ...created(data()), action: "update", old: data() } as ChangeEvent;

    const message = encodeEvent(event);

    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    expect(decodeEvent(message)).toEqual(event);
  });

  it.each([
    "",
    "null",
    "{}",
    '{"event":{}}',
    '{"event":{"id":"x","action":"create"},"impacted_records":[]}',
    "gzip:AAAA",
  ])("reject the body %j", (body) => {
    expect(() => decodeEvent(body)).toThrow(
      expect.objectContaining({ permanent: true, message: "The message is not a change event of Kintoun" }),
    );
  });
});
