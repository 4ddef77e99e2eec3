import { describe, expect, it } from "@jest/globals";
import {
  checkListPreconditions,
  checkObjectPreconditions,
  isNotModified,
  type Preconditions,
} from "../../../core/objects/preconditions.ts";
import type { Authorizer } from "../../../core/permissions/authorizer.ts";
import type { StoredObject } from "../../../core/ports/store.ts";
import { BUCKETS, objectRef } from "../../../core/resources.ts";
import { failureOf } from "./open-use-cases.ts";

const OBJECT: StoredObject = {
  json: '{"id":"a","last_modified":5}',
  last_modified: 5,
  revision: 5,
  deleted: false,
  acl: {},
  changedBy: "test",
  parentGeneration: "g",
};
const reader = (canRead: boolean) =>
  ({ can: async (permission: string) => canRead && permission === "read:attributes" }) as unknown as Authorizer;
const check = (
  conditions: Preconditions,
  object: StoredObject | undefined,
  options: { canRead?: boolean; show?: (stored: StoredObject) => Promise<StoredObject | undefined> } = {},
) =>
  failureOf(
    checkObjectPreconditions(reader(options.canRead ?? true), conditions, {
      ref: objectRef(BUCKETS, "a"),
      object,
      listTimestamp: 9,
      show: options.show,
    }),
  );
const ACCEPTED = { accepted: undefined };

describe("isNotModified", () => {
  it.each<[Preconditions, boolean]>([
    [{}, false],
    [{ ifNoneMatch: "*" }, false],
    [{ ifNoneMatch: [5] }, true],
    [{ ifNoneMatch: [4, 5] }, true],
    [{ ifNoneMatch: [4] }, false],
    [{ ifNoneMatch: [] }, false],
    [{ ifMatch: [5] }, false],
  ])("%j at 5: %j", (conditions, expected) => {
    expect(isNotModified(conditions, 5)).toBe(expected);
  });
});

describe("checkListPreconditions", () => {
  it.each<[Preconditions, boolean]>([
    [{}, true],
    [{ ifMatch: "*" }, true],
    [{ ifMatch: [4, 5] }, true],
    [{ ifMatch: [4] }, false],
    [{ ifMatch: [] }, false],
    [{ ifNoneMatch: "*" }, false],
    [{ ifNoneMatch: [4] }, true],
  ])("%j at 5 are met: %j", async (conditions, met) => {
    expect(await failureOf(Promise.resolve().then(() => checkListPreconditions(conditions, 5)))).toMatchObject(
      met ? ACCEPTED : { kind: "MODIFIED_MEANWHILE", timestamp: 5 },
    );
  });
});

describe("checkObjectPreconditions", () => {
  it.each<[Preconditions, boolean, boolean]>([
    [{}, true, true],
    [{ ifMatch: "*" }, true, false],
    [{ ifMatch: [5] }, true, false],
    [{ ifMatch: [4] }, false, false],
    [{ ifMatch: [] }, false, false],
    [{ ifNoneMatch: "*" }, false, true],
    [{ ifNoneMatch: [5] }, true, true],
  ])("%j are met by an object of time 5: %j, and by a missing one: %j", async (conditions, met, metIfMissing) => {
    expect(await check(conditions, OBJECT)).toMatchObject(
      met
        ? ACCEPTED
        : { kind: "MODIFIED_MEANWHILE", timestamp: 5, details: { existing: { id: "a", last_modified: 5 } } },
    );
    expect(await check(conditions, undefined)).toMatchObject(
      metIfMissing ? ACCEPTED : { kind: "MODIFIED_MEANWHILE", timestamp: 9 },
    );
  });

  it("hide the object from those who may not read it", async () => {
    const failure = await check({ ifMatch: [4] }, OBJECT, { canRead: false });

    expect(failure).toEqual({ kind: "MODIFIED_MEANWHILE", message: expect.any(String) });
  });

  it("show the object as the user sees it", async () => {
    const seen = { ...OBJECT, json: '{"id":"a","seen":true}' };

    expect(await check({ ifMatch: [4] }, OBJECT, { show: async () => seen })).toMatchObject({
      details: { existing: { id: "a", seen: true } },
    });
    const refused = await check({ ifMatch: [4] }, OBJECT, { show: async () => undefined });
    expect(refused).toMatchObject({ kind: "MODIFIED_MEANWHILE", timestamp: 5 });
    expect(refused).not.toHaveProperty("details");
  });
});
