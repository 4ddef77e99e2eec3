import { describe, expect, it } from "@jest/globals";
import { writeCommit } from "../../../../adapters/store/dynamodb/commit.ts";
import type { Send } from "../../../../adapters/store/dynamodb/operations.ts";
import type { Commit, OutboxEntry, StoredObject } from "../../../../core/ports/store.ts";
import { BUCKETS, objectRef } from "../../../../core/resources.ts";

/** Returns the number of items that a commit writes in one transaction, or its outcome. */
const write = async (commit: Partial<Commit>) => {
  let items = 0;
  const send: Send = async (_, input) => {
    items += "TransactItems" in input ? (input.TransactItems ?? []).length : 0;
    return {};
  };
  const { kind } = await writeCommit(send, "t", { changes: [], clocks: [], outbox: [], ...commit }, undefined);
  return kind === "done" ? items : kind;
};
const messages = (count: number, body = "{}"): OutboxEntry[] =>
  Array.from({ length: count }, () => ({ message: { queue: "q", body } }));
const clock = { parentGeneration: "root", timestamp: 1, count: 1, untouched: false };
const clocks = [{ list: BUCKETS, before: undefined, after: clock, requireUnchanged: false }];
const names = (count: number) => Array.from({ length: count }, (_, index) => `u${index}`);
/** A bucket, or another object without children. */
const change = (changes: Partial<StoredObject> = {}, before?: StoredObject) => {
  const object: StoredObject = {
    ...{ json: "{}", last_modified: 1, revision: 1, deleted: false, acl: {}, changedBy: "u", parentGeneration: "root" },
    ...changes,
  };
  return { ref: objectRef(BUCKETS, "b"), before, after: object };
};
const ownGeneration = "b1";
const NO_ROOM = "The changes do not fit into one transaction. Split the request.";

describe("a transaction of the table", () => {
  it("has at most 100 items", async () => {
    expect(await write({ clocks, outbox: messages(99) })).toBe(100);
    expect(await write({ changes: [change({ ownGeneration })], outbox: messages(98) })).toBe(100);
    for (const commit of [
      { clocks, outbox: messages(100) },
      { changes: [change({ ownGeneration })], outbox: messages(99) },
    ])
      await expect(write(commit)).rejects.toMatchObject({ kind: "REQUEST_TOO_LARGE", message: NO_ROOM });
  });

  it.each<[string, (bytes: number) => Partial<Commit>]>([
    [
      "messages",
      (bytes) => ({ outbox: [...messages(1, "x".repeat(bytes - 3)), ...messages(1, "é"), ...messages(1, "x")] }),
    ],
    ["parameters of jobs", (bytes) => ({ outbox: [{ job: { params: { a: "x".repeat(bytes - 8) } } as never }] })],
    ["objects", (bytes) => ({ changes: [change({ json: "é".repeat(1000) + "x".repeat(bytes - 2000 - 2) })] })],
    ["permissions", (bytes) => ({ changes: [change({ json: "", acl: { a: ["x".repeat(bytes - 10)] } })] })],
    [
      "objects with parent items",
      (bytes) => ({ changes: [change({ ownGeneration, json: "x".repeat(bytes / 2 - 2) })] }),
    ],
  ])("has at most 3.9 MB of %s", async (_, ofSize) => {
    await expect(write(ofSize(3_900_000))).resolves.toBeDefined();
    await expect(write(ofSize(3_900_002))).rejects.toMatchObject({ kind: "REQUEST_TOO_LARGE", message: NO_ROOM });
  });

  it("contains the index items if they fit", async () => {
    expect(await write({ clocks, changes: [change({ acl: { read: names(98) } })] })).toBe(100);
    expect(await write({ clocks, changes: [change({ acl: { read: names(99) } })] })).toBe("unprepared");
    const before = change({ acl: { read: names(50) } }).after;
    expect(await write({ clocks, changes: [change({ acl: { read: ["new"] } }, before)] })).toBe(53);
  });

  it("has at most 10,000 index items beside it", async () => {
    const acl = { read: names(10_000) };
    expect(await write({ changes: [change({ acl })] })).toBe("unprepared");
    const more = { changes: [change({ acl: { read: ["new"] } }, change({ acl }).after)] };

    await expect(write(more)).rejects.toMatchObject({
      kind: "REQUEST_TOO_LARGE",
      message: "The changes add and remove 10001 principals and members; at most 10000 are allowed. Split the request.",
    });
  });
});
