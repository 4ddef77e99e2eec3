import type { Assembly } from "./assembly.ts";
import { BUCKET, type Check, requireEqual, requireStatus } from "./checks/check.ts";
import { type CheckResult, runChecks } from "./checks/run-checks.ts";
import type { RehearsedStore } from "./rehearse-store.ts";

const NOTES = `${BUCKET}/collections/upgraded`;

interface UpgradeOptions {
  readonly previous: string | Assembly;
  readonly next: string | Assembly;
  readonly onResult?: (result: CheckResult) => void;
}

/**
 * Checks a store of an earlier version while it is updated and set back: the same data, and messages in the queues that the
 * other version has sent.
 */
export const checkUpgrade = (
  store: RehearsedStore,
  { previous, next, onResult }: UpgradeOptions,
): Promise<readonly CheckResult[]> =>
  runChecks(store, [PREPARATION, changeVersion("upgrade", next), changeVersion("roll-back", previous)], onResult);

const PREPARATION: Check = {
  name: "upgrade › begins with data of the earlier version",
  run: async ({ store: { client }, sink, as }) => {
    const alice = as("alice");
    const account = { data: { password: "correct horse" } };
    requireStatus(await client.put("/accounts/alice", account, { as: null }), 201, 200, 401, 403);
    requireStatus(await client.put(BUCKET, {}, alice), 201, 200);
    const webhooks = [{ id: "sink", url: sink.url, on: ["create"] }];
    const metadata = (await hasCapability(client, "webhooks")) ? { webhooks } : {};
    requireStatus(await client.put(NOTES, { data: metadata }, alice), 201, 200);
    requireStatus(await client.put(`${NOTES}/records/kept`, { data: { title: "Kept" } }, alice), 201, 200);
  },
};

/** Deploys another version while changes of the present one wait in the stream and in the queues. */
const changeVersion = (name: string, assembly: string | Assembly): Check => ({
  name: `${name} › keeps data, and delivers what waits in the stream and the queues`,
  run: async ({ store, sink, as }) => {
    const { client, account } = store;
    const alice = as("alice");
    const path = `${NOTES}/records`;
    await store.drain();
    const tables = [...account.tables.keys()].toSorted();
    const [mails, posts] = [account.mails.length, sink.requests.length];
    await store.holdQueues();
    requireStatus(await client.put(`${path}/${name}-queued`, { data: { title: "In the queues" } }, alice), 201, 200);
    await store.dispatch();
    await store.holdStreams();
    requireStatus(await client.put(`${path}/${name}-streamed`, { data: { title: "In the stream" } }, alice), 201, 200);

    await store.update(assembly);
    requireEqual("The tables", [...account.tables.keys()].toSorted(), tables);
    requireEqual("The title", requireStatus(await client.get(`${path}/kept`, alice), 200).body.data.title, "Kept");
    requireStatus(
      await client.put(`${path}/${name}-new`, { data: { title: "Of the other version" } }, alice),
      201,
      200,
    );
    await store.drain();
    if (await hasCapability(client, "webhooks")) requireEqual("The number of posts", sink.requests.length - posts, 3);
    // The rehearsal's own config sends a mail for each record.
    if (await hasCapability(client, "announcer")) requireEqual("The number of mails", account.mails.length - mails, 3);
    requireEqual("The dead letters", await store.deadLetters(), {});
  },
});

const hasCapability = async (client: RehearsedStore["client"], name: string): Promise<boolean> =>
  (await client.get("/", { as: null })).body?.capabilities?.[name] !== undefined;
