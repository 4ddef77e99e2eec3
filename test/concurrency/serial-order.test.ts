import { describe, expect, it } from "@jest/globals";
import type { Call, CallResult, Operation, RecordState } from "./history.ts";
import type { ListReading } from "./list-state.ts";
import { type Change, findInconsistency } from "./serial-order.ts";

/** The list's timestamp before each history. */
const START = 100;

/** The record `x` after a write, and a tombstone. */
const x = (by: string, last_modified: number): RecordState => ({ id: "x", last_modified, by });
const y = (by: string, last_modified: number): RecordState => ({ id: "y", last_modified, by });
const gone = (id: string, last_modified: number): RecordState => ({ id, last_modified, deleted: true });

let clients = 0;
/** A call with its response. Each call has its own client. */
const operation = (invoked: number, answered: number, call: Call, result: CallResult): Operation => ({
  client: `c${clients++}`,
  call,
  invoked,
  answer: { answered, ...result },
});
/** A call without a response. */
const unknown = (invoked: number, call: Call): Operation => ({ client: `c${clients++}`, call, invoked });

const put = (
  invoked: number,
  answered: number,
  object: RecordState,
  status = 200,
  more: { ifMatch?: number; ifNoneMatch?: "*" } = {},
): Operation =>
  operation(
    invoked,
    answered,
    { kind: "put", id: object.id, by: object.by ?? "", ...more },
    { status, etag: object.last_modified, object },
  );
const create = (invoked: number, answered: number, by: string, object: RecordState, status = 201): Operation =>
  operation(invoked, answered, { kind: "create", id: object.id, by }, { status, etag: object.last_modified, object });
const remove = (
  invoked: number,
  answered: number,
  tombstone: RecordState,
  more: { ifMatch?: number } = {},
): Operation =>
  operation(
    invoked,
    answered,
    { kind: "delete", id: tombstone.id, ...more },
    { status: 200, etag: tombstone.last_modified, object: tombstone },
  );
const get = (invoked: number, answered: number, object: RecordState): Operation =>
  operation(invoked, answered, { kind: "get", id: object.id }, { status: 200, etag: object.last_modified, object });
const missing = (invoked: number, answered: number, kind: "get" | "delete", id = "x"): Operation =>
  operation(invoked, answered, { kind, id }, { status: 404 });
const list = (
  invoked: number,
  answered: number,
  etag: number,
  entries: readonly RecordState[],
  more: { since?: number; ifNoneMatch?: number } = {},
): Operation => operation(invoked, answered, { kind: "list", ...more }, { status: 200, etag, entries });
const unchanged = (invoked: number, answered: number, etag: number): Operation =>
  operation(invoked, answered, { kind: "list", ifNoneMatch: etag }, { status: 304, etag });

/** The changes in the responses. */
const observedChanges = (history: readonly Operation[]): readonly Change[] => {
  const shown = history.flatMap(({ answer }) => [
    ...(answer?.object ? [answer.object] : []),
    ...(answer?.entries ?? []),
  ]);
  return [
    ...new Map(shown.map((change) => [JSON.stringify([change.id, change.by, change.last_modified]), change])).values(),
  ];
};

/** @param hidden changes that are in no response */
const checkHistory = (history: readonly Operation[], hidden: readonly Change[] = [], lists: ListReading = "snapshot") =>
  findInconsistency(history, [...observedChanges(history), ...hidden], { start: START, lists });

/** A title, a history, and its hidden changes. */
type Case = readonly [string, readonly Operation[], (readonly Change[])?];

/** Adds the optional parts of a case. */
const whole = ([what, history, hidden = []]: Case) => [what, history, hidden] as const;

describe("findInconsistency with a valid history", () => {
  const GOOD: readonly Case[] = [
    ["is empty", []],
    [
      "is sequential",
      [
        create(1, 2, "a", x("a", 101)),
        get(3, 4, x("a", 101)),
        create(5, 6, "b", x("a", 101), 200),
        put(7, 8, x("c", 105), 200, { ifMatch: 101 }),
        list(9, 10, 105, [x("c", 105)]),
        unchanged(11, 12, 105),
        remove(13, 14, gone("x", 106), { ifMatch: 105 }),
        list(15, 16, 106, []),
        list(17, 18, 106, [gone("x", 106)], { since: 105 }),
        missing(19, 20, "get"),
        missing(21, 22, "delete"),
        put(23, 24, x("d", 107), 201, { ifNoneMatch: "*" }),
      ],
    ],
    [
      "has concurrent writes that return in another order than they take effect",
      [put(1, 9, x("a", 101), 201), put(2, 3, x("b", 102)), get(10, 11, x("b", 102))],
    ],
    [
      "has two concurrent reads, of which one sees a write",
      [put(1, 9, x("a", 101), 201), get(2, 5, x("a", 101)), missing(3, 6, "get")],
    ],
    [
      "has a slow read of the initial state",
      [put(1, 2, x("a", 101), 201), get(3, 20, x("a", 101)), put(4, 5, x("b", 102)), get(6, 7, x("b", 102))],
    ],
    [
      "has two conditional writes of the same state, of which the second is rejected",
      [
        put(1, 2, x("a", 101), 201),
        put(3, 6, x("b", 102), 200, { ifMatch: 101 }),
        operation(
          4,
          7,
          { kind: "put", id: "x", by: "c", ifMatch: 101 },
          { status: 412, etag: 102, object: x("b", 102) },
        ),
        operation(8, 9, { kind: "delete", id: "x", ifMatch: 101 }, { status: 412, etag: 102, object: x("b", 102) }),
        operation(
          10,
          11,
          { kind: "put", id: "x", by: "d", ifNoneMatch: "*" },
          { status: 412, etag: 102, object: x("b", 102) },
        ),
        operation(12, 13, { kind: "put", id: "y", by: "e", ifMatch: 7 }, { status: 412, etag: 102 }),
      ],
    ],
    [
      "has a call without a response that took effect",
      [unknown(1, { kind: "put", id: "x", by: "a" }), get(2, 3, x("a", 101)), put(4, 5, x("b", 102))],
    ],
    [
      "has a call without a response that took no effect",
      [unknown(1, { kind: "put", id: "x", by: "a" }), missing(2, 3, "get"), put(4, 5, x("b", 102), 201)],
    ],
    [
      "has a call without a response that took effect much later",
      [
        unknown(1, { kind: "put", id: "x", by: "a" }),
        missing(2, 3, "get"),
        put(4, 5, x("b", 102), 201),
        get(6, 7, x("b", 102)),
        get(8, 9, x("a", 103)),
      ],
    ],
    [
      "has a call without a response that was overwritten before any read",
      [unknown(1, { kind: "create", id: "x", by: "a" }), put(2, 3, x("b", 105), 200), get(4, 5, x("b", 105))],
      [x("a", 103)],
    ],
    [
      "has a deletion without a response, and a read of the missing record",
      [put(1, 2, x("a", 101), 201), unknown(3, { kind: "delete", id: "x" }), missing(4, 5, "get")],
      [gone("x", 102)],
    ],
    [
      "has a deletion without a response, and a read of its tombstone",
      [
        put(1, 2, x("a", 101), 201),
        unknown(3, { kind: "delete", id: "x" }),
        list(4, 5, 104, [gone("x", 104)], { since: 101 }),
      ],
    ],
    [
      "has a deletion without a response between two such writes",
      [
        put(1, 2, x("a", 101), 201),
        unknown(3, { kind: "delete", id: "x" }),
        unknown(4, { kind: "put", id: "x", by: "b" }),
        missing(5, 20, "get"),
        get(6, 7, x("b", 110)),
      ],
      [gone("x", 105)],
    ],
    [
      "has a call without a response that only the list's timestamp reveals",
      [
        put(1, 2, x("a", 101), 201),
        unknown(3, { kind: "delete", id: "x" }),
        list(4, 5, 109, []),
        put(6, 7, x("b", 110), 201),
      ],
      [gone("x", 109)],
    ],
    [
      "has two calls without a response, of which one took effect",
      [
        put(1, 2, x("a", 101), 201),
        unknown(3, { kind: "delete", id: "x" }),
        unknown(4, { kind: "put", id: "y", by: "b" }),
        operation(5, 6, { kind: "put", id: "z", by: "c", ifMatch: 7 }, { status: 412, etag: 105 }),
        get(7, 8, x("a", 101)),
        remove(9, 10, gone("y", 106)),
      ],
      [y("b", 105)],
    ],
    [
      "has a polling client that sees each change once",
      [
        put(1, 2, x("a", 101), 201),
        list(3, 4, 101, [x("a", 101)], { since: START }),
        put(5, 6, y("b", 103), 201),
        remove(7, 8, gone("x", 104)),
        list(9, 10, 104, [gone("x", 104), y("b", 103)], { since: 101 }),
        list(11, 12, 104, [], { since: 104 }),
      ],
    ],
  ];

  it.each(GOOD.map(whole))("%s", (_, history, hidden) => {
    expect(checkHistory(history, hidden)).toBeUndefined();
    expect(checkHistory(history, hidden, "timestamp first")).toBeUndefined();
  });
});

describe("findInconsistency with an invalid history", () => {
  const BAD: readonly Case[] = [
    [
      "has a lost update",
      [
        put(1, 2, x("a", 101), 201),
        put(3, 6, x("b", 102), 200, { ifMatch: 101 }),
        put(4, 7, x("c", 103), 200, { ifMatch: 101 }),
      ],
    ],
    ["lacks a successful write in a read", [put(1, 2, x("a", 101), 201), missing(3, 4, "get")]],
    [
      "lacks a successful write in the list",
      [put(1, 2, x("a", 101), 201), put(3, 4, y("b", 102), 201), list(5, 6, 102, [y("b", 102)])],
    ],
    ["has a stale read", [put(1, 2, x("a", 101), 201), put(3, 4, x("b", 102)), get(5, 6, x("a", 101))]],
    ["has a stale list", [put(1, 2, x("a", 101), 201), put(3, 4, x("b", 102)), list(5, 6, 101, [x("a", 101)])]],
    [
      "has a list with a stale timestamp",
      [put(1, 2, x("a", 101), 201), put(3, 4, x("b", 102)), list(5, 6, 101, [x("b", 102)])],
    ],
    ["has a 304 for a changed list", [put(1, 2, x("a", 101), 201), put(3, 4, x("b", 102)), unchanged(5, 6, 101)]],
    [
      "has reads that see two writes in opposite orders",
      [put(1, 20, x("a", 101), 201), put(2, 21, x("b", 102)), get(3, 4, x("b", 102)), get(5, 6, x("a", 101))],
    ],
    ["has timestamps that contradict the order of writes", [put(1, 2, x("a", 105), 201), put(3, 4, x("b", 103))]],
    [
      "has timestamps of two records that contradict the order of their writes",
      [put(1, 2, x("a", 105), 201), put(3, 4, y("b", 103), 201)],
    ],
    ["has a duplicate timestamp", [put(1, 5, x("a", 105), 201), put(2, 6, y("b", 105), 201)]],
    ["has the list's initial timestamp for a write", [put(1, 2, x("a", START), 201)]],
    [
      "has a polling client that misses a change",
      [put(1, 2, x("a", 101), 201), put(3, 4, y("b", 102), 201), list(5, 6, 102, [], { since: 101 })],
    ],
    [
      "has a polling client that misses a deletion",
      [
        put(1, 2, x("a", 101), 201),
        list(3, 4, 101, [x("a", 101)]),
        remove(5, 6, gone("x", 102)),
        list(7, 8, 102, [], { since: 101 }),
      ],
    ],
    [
      "has a polling client with a timestamp after an unseen change",
      [
        put(1, 9, x("a", 101), 201),
        put(2, 3, y("b", 102), 201),
        list(4, 5, 102, [y("b", 102)]),
        list(6, 7, 102, [], { since: 102 }),
        missing(7.5, 8, "get"),
      ],
    ],
    ["has a record that no client wrote", [put(1, 2, x("a", 101), 201), list(3, 4, 102, [y("b", 102), x("a", 101)])]],
    ["has a read before the write of its value", [get(1, 2, x("a", 101)), put(3, 4, x("a", 101), 201)]],
    [
      "has a read before a write without a response",
      [get(1, 2, x("a", 101)), unknown(3, { kind: "put", id: "x", by: "a" })],
    ],
    [
      "has a value at another id than it was written to",
      [put(1, 2, x("a", 101), 201), put(3, 4, y("b", 102), 201), get(5, 6, y("a", 101))],
    ],
    [
      "has a missing record that no client deleted",
      [put(1, 2, x("a", 101), 201), list(3, 4, 102, [gone("x", 102)], { since: 101 })],
    ],
    [
      "has a write without a response that took effect twice",
      [
        unknown(1, { kind: "put", id: "x", by: "a" }),
        get(2, 3, x("a", 101)),
        put(4, 5, x("b", 102)),
        get(6, 7, x("a", 103)),
      ],
    ],
    [
      "has a deletion without a response that took effect twice",
      [
        put(1, 2, x("a", 101), 201),
        unknown(3, { kind: "delete", id: "x" }),
        missing(4, 5, "get"),
        put(6, 7, x("b", 103), 201),
        missing(8, 9, "get"),
        put(10, 11, x("c", 120), 201),
      ],
      [gone("x", 102), gone("x", 104)],
    ],
    [
      "has a successful write that is not among the changes",
      [put(1, 2, x("a", 101), 201), operation(3, 4, { kind: "delete", id: "x" }, { status: 200, etag: 102 })],
    ],
    ["has a change of no client", [put(1, 2, x("a", 101), 201)], [gone("x", 102)]],

    [
      "has a deleted record that reappears",
      [put(1, 2, x("a", 101), 201), remove(3, 4, gone("x", 102)), get(5, 6, x("a", 101))],
    ],
    ["has two successful creations of a record", [create(1, 5, "a", x("a", 101)), create(2, 6, "b", x("b", 102))]],
    ["has a creation of an existing record", [put(1, 2, x("a", 101), 201), put(3, 4, x("b", 102), 201)]],
    ["has a replacement of a missing record", [put(1, 2, x("a", 101), 200)]],
    [
      "has a rejected write without a reason",
      [
        put(1, 2, x("a", 101), 201),
        operation(
          3,
          4,
          { kind: "put", id: "x", by: "b", ifMatch: 101 },
          { status: 412, etag: 101, object: x("a", 101) },
        ),
      ],
    ],
    [
      "has a rejected write that took effect",
      [
        put(1, 2, x("a", 101), 201),
        operation(3, 4, { kind: "put", id: "x", by: "b", ifMatch: 7 }, { status: 412, etag: 101, object: x("a", 101) }),
        get(5, 6, x("b", 102)),
      ],
    ],
    ["has a list timestamp without a change", [put(1, 2, x("a", 101), 201), list(3, 4, 109, [x("a", 101)])]],
    ["has a record whose timestamp changes", [put(1, 2, x("a", 101), 201), get(3, 4, x("a", 104))]],
    [
      "has an unordered list",
      [put(1, 2, x("a", 101), 201), put(3, 4, y("b", 102), 201), list(5, 6, 102, [x("a", 101), y("b", 102)])],
    ],
    [
      "has a response with another write's value",
      [operation(1, 2, { kind: "put", id: "x", by: "a" }, { status: 201, etag: 101, object: x("b", 101) })],
    ],
    [
      "has an ETag that differs from the record's timestamp",
      [operation(1, 2, { kind: "put", id: "x", by: "a" }, { status: 201, etag: 102, object: x("a", 101) })],
    ],
    ["has a response that the protocol does not allow", [operation(1, 2, { kind: "get", id: "x" }, { status: 500 })]],
  ];

  it.each(BAD.map(whole))("%s", (_, history, hidden) => {
    expect(checkHistory(history, hidden)).toEqual(expect.any(String));
    expect(checkHistory(history, hidden, "timestamp first")).toEqual(expect.any(String));
  });
});

describe("findInconsistency with a list read during changes", () => {
  const newer = [put(1, 2, x("a", 101), 201), list(3, 9, 101, [y("b", 102), x("a", 101)]), put(4, 5, y("b", 102), 201)];
  const between = [put(1, 2, x("a", 101), 201), list(3, 9, 101, [], { since: START }), remove(4, 5, gone("x", 102))];

  const revived = [
    put(1, 2, x("a", 101), 201),
    remove(3, 4, gone("x", 102)),
    unknown(5, { kind: "put", id: "x", by: "b" }),
    list(6, 7, 102, [], { since: 101 }),
    put(8, 9, x("c", 110), 200),
  ];

  it.each([
    ["records newer than the timestamp", newer, []],
    ["neither a record nor the tombstone that replaced it", between, []],
    ["neither a tombstone nor the record that replaced it", revived, [x("b", 105)]],
  ])("accepts %s in a page, but not in a snapshot", (_, history, hidden) => {
    expect(checkHistory(history, hidden, "timestamp first")).toBeUndefined();
    expect(checkHistory(history, hidden, "snapshot")).toEqual(expect.any(String));
  });

  it("rejects a list that lacks a change before its timestamp", () => {
    expect(
      checkHistory(
        [put(1, 20, x("a", 101), 201), put(2, 21, y("b", 102), 201), list(3, 9, 102, [y("b", 102)])],
        [],
        "timestamp first",
      ),
    ).toEqual(expect.any(String));
  });
});
