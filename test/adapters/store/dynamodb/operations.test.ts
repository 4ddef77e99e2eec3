import { describe, expect, it } from "@jest/globals";
import {
  DynamoDbError,
  isConditionFailed,
  isTransactionCanceled,
  queryAll,
  readAll,
  readAllMeasured,
  type Send,
  writeAll,
} from "../../../../adapters/store/dynamodb/operations.ts";

type Input = Readonly<Record<string, unknown>>;
const keys = (count: number) => Array.from({ length: count }, (_, n) => ({ pk: { S: `p${n}` }, sk: { S: "#" } }));
const puts = (count: number) => keys(count).map((Item) => ({ PutRequest: { Item } }));

/** A table that responds in order, and then repeats the last response. */
const createSend = (...responses: readonly object[]) => {
  const inputs: Input[] = [];
  const send = (async (_, input) => {
    inputs.push(input as unknown as Input);
    return responses[Math.min(inputs.length, responses.length) - 1] ?? {};
  }) as Send;
  return { send, inputs };
};
/** The number of items in each call. */
const countItems = (inputs: readonly Input[]) =>
  inputs.map(({ RequestItems }) => {
    const requests = (RequestItems as { t: unknown[] | { Keys: unknown[] } }).t;
    return Array.isArray(requests) ? requests.length : requests.Keys.length;
  });

describe("errors of the table", () => {
  const error = (name: string, ...codes: readonly string[]) =>
    new DynamoDbError(
      name,
      "m",
      codes.map((Code) => ({ Code })),
    );

  it.each<[unknown, boolean, boolean]>([
    [error("ConditionalCheckFailedException"), true, false],
    [error("TransactionCanceledException", "None", "ConditionalCheckFailed"), false, true],
    [error("TransactionCanceledException", "None", "ValidationError"), false, false],
    [error("TransactionCanceledException", "AccessDenied", "None"), false, false],
    [error("ThrottlingException", "None"), false, false],
    [Object.assign(new Error("m"), { name: "ConditionalCheckFailedException" }), false, false],
    [Object.assign(new Error("m"), { name: "TransactionCanceledException", reasons: [] }), false, false],
  ])("are failed conditions or canceled transactions: %s", (thrown, isFailed, isCanceled) => {
    expect([isConditionFailed(thrown), isTransactionCanceled(thrown)]).toEqual([isFailed, isCanceled]);
  });
});

describe("readAll", () => {
  it("reads in calls of 100, and measures what was read", async () => {
    const [item] = keys(1);
    const { send, inputs } = createSend({ Responses: { t: [item] }, ConsumedCapacity: [{ CapacityUnits: 2.5 }] });

    expect(await readAllMeasured(send, "t", keys(201))).toEqual({ items: [item, item, item], bytes: 7.5 * 4096 });
    expect(countItems(inputs)).toEqual([100, 100, 1]);
    const { pk, sk } = keys(101)[100] ?? {};
    expect(inputs[1]).toMatchObject({ RequestItems: { t: { Keys: expect.arrayContaining([{ pk, sk }]) } } });
    expect(inputs[0]).toMatchObject({ RequestItems: { t: { ConsistentRead: true } }, ReturnConsumedCapacity: "TOTAL" });
    expect(inputs[0]).not.toHaveProperty("RequestItems.t.ProjectionExpression");
  });

  it("returns the attributes that are asked for", async () => {
    const { send, inputs } = createSend({ Responses: {} });

    expect(await readAll(send, "t", keys(1), ["ts", "of"])).toEqual([]);
    expect(inputs[0]).toMatchObject({
      RequestItems: {
        t: { ProjectionExpression: "#ts, #of", ExpressionAttributeNames: { "#ts": "ts", "#of": "of" } },
      },
    });
    expect(await readAll(createSend({}).send, "t", [])).toEqual([]);
  });
});

describe("writeAll", () => {
  it("writes in calls of 25, at most 8 at a time", async () => {
    const [sizes, parallel] = [[] as number[], [] as number[]];
    let running = 0;
    const send = (async (_, input) => {
      parallel.push(++running);
      sizes.push(...countItems([input as unknown as Input]));
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return {};
    }) as Send;
    await writeAll(send, "t", puts(226));

    expect(sizes).toEqual([...Array.from({ length: 9 }, () => 25), 1]);
    expect(Math.max(...parallel)).toBe(8);
  });
});

describe("items that the table leaves unprocessed", () => {
  it("are read again", async () => {
    const [one, two, three] = keys(3);
    const { send, inputs } = createSend(
      { Responses: { t: [one] }, UnprocessedKeys: { t: { Keys: [two, three] } } },
      { Responses: { t: [two] }, UnprocessedKeys: { t: { Keys: [three] } } },
      { Responses: { t: [three] }, UnprocessedKeys: {} },
    );

    expect(await readAll(send, "t", keys(3))).toEqual(keys(3));
    expect(countItems(inputs)).toEqual([3, 2, 1]);
  });

  it("are written again", async () => {
    const { send, inputs } = createSend({ UnprocessedItems: { t: puts(2) } }, { UnprocessedItems: { t: [] } });
    await writeAll(send, "t", puts(25));

    expect(countItems(inputs)).toEqual([25, 2]);
  });
});

describe("queryAll", () => {
  it("reads all pages of a partition", async () => {
    const [one, two] = keys(2);
    const { send, inputs } = createSend({ Items: [one], LastEvaluatedKey: one }, {}, { Items: [two] });

    expect(await queryAll(send, "t", "p")).toEqual([one]);
    expect(inputs).toMatchObject([
      { ConsistentRead: true, KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": { S: "p" } } },
      { ExclusiveStartKey: one },
    ]);
    expect(inputs[0]).not.toHaveProperty("ExclusiveStartKey");
    expect(await queryAll(send, "t", "p", "a#")).toEqual([two]);
    expect(inputs[2]).toMatchObject({
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":prefix": { S: "a#" } },
    });
  });
});
