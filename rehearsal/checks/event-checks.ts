import { BUCKET, type Check, requireEqual, requireStatus, waitFor } from "./check.ts";

const HOOKED = `${BUCKET}/collections/hooked`;
const ANNOUNCED = `${BUCKET}/collections/announced`;
const RECEIVED = `${BUCKET}/collections/received`;

/** What becomes of changes: they go through the stream, `dispatch`, a queue and a worker. */
export const EVENT_CHECKS: readonly Check[] = [
  {
    name: "mail › is sent when a record is created",
    needs: "announcer",
    run: async ({ store: { account, drain } }) => {
      await drain();
      requireEqual(
        "Whether a mail was sent",
        account.mails.some(({ to }) => to.includes("watcher@kintoun.internal")),
        true,
      );
      requireEqual("The sender", account.mails[0]?.from, "desk@kintoun.internal");
    },
  },
  {
    name: "webhooks › post changes, and a slow receiver gets them once",
    needs: "webhooks",
    run: async ({ store: { client, drain }, sink, as }) => {
      const before = sink.requests.length;
      sink.respondWith(async () => {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        return 204;
      });
      const webhooks = [{ id: "sink", url: sink.url, on: ["create", "update"] }];
      requireStatus(await client.put(HOOKED, { data: { webhooks } }, as("alice")), 201, 200);
      requireStatus(await client.post(`${HOOKED}/records`, { data: { title: "Sent" } }, as("alice")), 201);
      await sink.waitForRequests(before + 1, { within: 20_000 });
      await drain();
      requireEqual("The number of posts", sink.requests.length - before, 1);
      requireEqual("The type", sink.requests.at(-1)?.body.type, "record.create");
    },
  },
  {
    name: "events › come back from the bus and the topic",
    needs: "announcer",
    run: async ({ store: { client }, as }) => {
      const alice = as("alice");
      const id = `n${Date.now()}`;
      const permissions = { write: ["plugin:announcer"] };
      requireStatus(await client.put(RECEIVED, { permissions }, alice), 201, 200);
      requireStatus(await client.put(ANNOUNCED, {}, alice), 201, 200);
      requireStatus(await client.put(`${ANNOUNCED}/records/${id}`, { data: {} }, alice), 201);
      for (const name of ["bus", "topic"])
        await waitFor(
          `The event from the ${name}`,
          async () => (await client.get(`${RECEIVED}/records/${name}-${id}`, alice)).status === 200,
        );
    },
  },
  {
    name: "jobs › run when a user starts an action",
    needs: "webhooks",
    run: async ({ store: { client, drain }, sink, as }) => {
      sink.respondWith(204);
      const before = sink.requests.length;
      const started = await client.post(`${HOOKED}/actions/ping-webhook`, { hook: "sink" }, as("alice"));
      requireStatus(started, 202);
      await drain();
      requireEqual("The number of pings", sink.requests.length - before, 1);
    },
  },
  {
    name: "schedules › start jobs",
    needs: "announcer",
    run: async ({ store: { client, runSchedules, drain, account }, as }) => {
      requireEqual("Whether there are schedules", account.schedules.size > 0, true);
      await runSchedules();
      await drain();
      requireStatus(await client.get(`${RECEIVED}/records/tick`, as("alice")), 200);
    },
  },
  {
    name: "deletion › removes the contents of a bucket",
    run: async ({ store: { client, drain }, as }) => {
      const bucket = "/buckets/removed";
      requireStatus(await client.put(bucket, {}, as("alice")), 201, 200);
      requireStatus(await client.put(`${bucket}/collections/c`, {}, as("alice")), 201, 200);
      requireStatus(await client.delete(bucket, as("alice")), 200);
      await drain();
      requireStatus(await client.put(bucket, {}, as("alice")), 201);
      requireStatus(await client.get(`${bucket}/collections/c`, as("alice")), 404);
    },
  },
  {
    name: "console › shows changes, requests and queues",
    needs: "console",
    run: async ({ store: { client, drain }, as }) => {
      await drain();
      const read = async (path: string) =>
        requireStatus(await client.get(`/__operations__${path}`, as("alice")), 200).body.data;
      const [event] = await read(`/events?uri=${HOOKED}/records&listener=webhooks-post`);
      requireEqual("The result", event?.deliveries[0]?.result, "delivered");
      const [slowest] = await read("/requests?_sort=-ms");
      requireEqual("Whether units are counted", slowest?.calls > 0 && slowest?.read_units > 0, true);
      const queues = await read("/queues");
      requireEqual("The failures", queues.at(-1)?.name, "dispatch-failures");
      requireEqual("The dead letters", await read("/dead-letters/webhooks-post"), []);
      requireEqual("What dispatch has kept", await read("/dead-letters/dispatch-failures"), []);
      const started = await client.post("/actions/replay", { listener: "email-notify" }, as("alice"));
      requireStatus(started, 202);
      await drain();
      const job = await client.get(`/jobs/${started.body.job_id}`, as("alice"));
      requireEqual("The replay", requireStatus(job, 200).body.status, "succeeded");
    },
  },
  {
    name: "dead letters › there are none",
    run: async ({ store: { drain, deadLetters } }) => {
      await drain();
      requireEqual("The dead letters", await deadLetters(), {});
    },
  },
];
