import { describe, expect, it } from "@jest/globals";
import { createPurgeListener, createPurgeSubscription, PURGE_LISTENER } from "../../../core/events/purge.ts";
import { createJsonLog } from "../../../core/ports/log.ts";
import { createResources } from "../../../core/resources.ts";

const RESOURCES = createResources([
  {
    ...{ name: "comment", about: "Is a test.", plural: "comments", parent: "record" },
    principals: { create: [], read: [], write: [] },
  },
]);

const purge = async (event: { uri: string; own_generation?: string }, incomplete: readonly string[] = []) => {
  const calls: string[] = [];
  const controller = new AbortController();
  const store = {
    purge: async (list: { uri: string }, generation: string, shouldStop: () => boolean) => {
      calls.push(`${list.uri} ${generation} ${shouldStop()}`);
      controller.abort();
      calls.push(String(shouldStop()));
      return !incomplete.includes(list.uri);
    },
  };
  const runHooks = async (point: string, params: object) => {
    calls.push(`${point} ${JSON.stringify(params)}`);
  };
  const purgeVersions = async ({ uri, generation }: { uri: string; generation: string }) => {
    calls.push(`versions of ${uri} ${generation}`);
    return !incomplete.includes("versions");
  };
  const listener = createPurgeListener(store, RESOURCES, runHooks as never, async () => ({ purge: purgeVersions }));
  const context = { log: createJsonLog(() => undefined), signal: controller.signal };
  const outcome = await listener.run(event as never, context);
  return { calls, outcome };
};

describe("the listener that purges children", () => {
  it("receives the end of each object that may have some", () => {
    const subscription = createPurgeSubscription(RESOURCES);

    expect(subscription.name).toBe(PURGE_LISTENER.name);
    expect(subscription.on.toSorted()).toEqual([
      ...["bucket.delete", "bucket.purge", "collection.delete", "collection.purge", "record.delete", "record.purge"],
    ]);
    const purge = async () => true;
    expect(
      createPurgeListener(
        { purge },
        RESOURCES,
        async () => undefined,
        async () => ({ purge }),
      ),
    ).toMatchObject({
      ...subscription,
      idempotent: true,
    });
  });

  it("removes all child lists of the ended generation, between its hooks", async () => {
    expect(await purge({ uri: "/buckets/a", own_generation: "g" })).toEqual({
      outcome: undefined,
      calls: [
        'purge.pre {"uri":"/buckets/a"}',
        ...["/buckets/a/collections g false", "true", "/buckets/a/groups g true", "true"],
        "versions of /buckets/a g",
        'purge.post {"uri":"/buckets/a"}',
      ],
    });
  });

  it("continues later when its time is up", async () => {
    expect(await purge({ uri: "/buckets/a", own_generation: "g" }, ["/buckets/a/collections"])).toEqual({
      outcome: "requeue",
      calls: ['purge.pre {"uri":"/buckets/a"}', "/buckets/a/collections g false", "true"],
    });
  });

  it.each([{ uri: "/unknown/a", own_generation: "g" }, { uri: "/buckets/a" }])("ignores %j", async (event) => {
    expect(await purge(event)).toEqual({ outcome: undefined, calls: [] });
  });
});
