/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { definePlugin, type JsonObject, RetryAfterError } from "@kintoun/kit";

const named = { name: "x", about: "Is a test." };

// A listener's events have the fields of its event names.
void (() => {
  void definePlugin({
    ...named,
    listeners: {
      created: {
        on: ["record.create"],
        run: (event) => {
          const after: JsonObject = event.new;
          const resource: "record" = event.resource_name;
          // @ts-expect-error what is created was not there before
          const before: JsonObject = event.old;
          return void [after, before, resource];
        },
      },
      gone: {
        on: ["bucket.delete", "collection.delete"],
        run: (event) => {
          const before: JsonObject = event.old;
          // @ts-expect-error the event is of a bucket or a collection
          const resource: "record" = event.resource_name;
          return void [before, resource];
        },
      },
      both: {
        on: ["record.create", "record.delete"],
        run: (event) => {
          // @ts-expect-error some events have nothing new
          const after: JsonObject = event.new;
          return void after;
        },
      },
    },
  });
});

// A listener subscribes to events of existing resources only.
void (() => {
  void definePlugin({
    ...named,
    resources: { device: { about: "A sensor." } },
    listeners: { hear: { on: ["device.update"], run: (event) => void event.old } },
  });
  void definePlugin({
    ...named,
    resources: { device: { about: "A sensor." } },
    listeners: {
      hear: {
        // @ts-expect-error there is no such resource
        on: ["devise.update"],
        run: () => {},
      },
    },
  });
});

// A batch has typed events and outcomes.
void (() => {
  void definePlugin({
    ...named,
    listeners: {
      created: {
        on: ["record.create"],
        run: () => "requeue",
        batch: {
          size: 10,
          run: (events) => {
            const after: JsonObject[] = events.map((event) => event.new);
            // @ts-expect-error what is created was not there before
            const before: JsonObject[] = events.map((event) => event.old);
            return { publish: [...after, ...before] };
          },
        },
      },
      unfinished: {
        on: ["record.create"],
        run: () => {},
        batch: {
          size: 10,
          // @ts-expect-error several events are done, or have failed
          run: () => "requeue",
        },
      },
    },
  });
});

// A listener's queue options are typed.
void (() => {
  const recordCreation = { on: ["record.create"], run: () => {} } as const;
  void definePlugin({
    ...named,
    listeners: {
      all: {
        ...recordCreation,
        ordered: true,
        echo: true,
        batch: { size: 10, window: 0 },
        concurrency: 2,
        retries: 0,
        timeout: 800,
        delay: 900,
      },
      // @ts-expect-error a batch has a size
      noSize: { ...recordCreation, batch: { window: 5 } },
      // @ts-expect-error seconds are a number
      words: { ...recordCreation, delay: "5s" },
    },
  });
});

// `RetryAfterError` takes seconds and a reason.
void (() => {
  // @ts-expect-error seconds are a number
  void new RetryAfterError("30", "The bank is closed.");
  // @ts-expect-error it says why
  void new RetryAfterError(30);
});

// A filter pattern has valid rules.
void (() => {
  const recordCreation = { on: ["record.update"], run: () => {} } as const;
  void definePlugin({
    ...named,
    listeners: {
      all: {
        ...recordCreation,
        where: () => ({
          $or: [
            { action: ["create"] },
            { new: { status: ["done", null, 1, true, { prefix: "x" }, { exists: false }] } },
          ],
          old: {
            n: [{ numeric: [">", 0, "<=", 5] }],
            kind: [{ "anything-but": ["a", 1] }, { "anything-but": { prefix: "b" } }],
          },
        }),
      },
      // @ts-expect-error rules stand in lists
      bare: { ...recordCreation, where: () => ({ action: "create" }) },
      // @ts-expect-error there is no such rule
      unknown: { ...recordCreation, where: () => ({ new: { a: [{ contains: "x" }] } }) },
    },
  });
});

// A listener has its own options only.
void (() => {
  const recordCreation = { on: ["record.update"], run: () => {} } as const;
  void definePlugin({
    ...named,
    listeners: {
      // @ts-expect-error events are a list
      one: { on: "record.update", run: () => {} },
      // @ts-expect-error `retries` is meant
      again: { on: ["record.update"], retry: 3, run: () => {} },
      // @ts-expect-error places are a function of the options
      places: { ...recordCreation, buckets: ["blog"] },
      // @ts-expect-error a batch is an object
      many: { ...recordCreation, batch: 10 },
      // @ts-expect-error `"requeue"` or `{ publish }` is meant
      updated: { on: ["record.update"], run: () => "done" },
    },
  });
});
