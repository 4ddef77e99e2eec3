/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { type ActionRef, definePlugin, type Json, need } from "@kintoun/kit";
import * as z from "zod";

const named = { name: "x", about: "Is a test." };
const go = { about: "Goes.", on: ["bucket"] } as const;

// An action's parameters have the types of its schema.
void (() => {
  void definePlugin({
    ...named,
    actions: {
      go: {
        ...go,
        params: z.object({ count: z.int(), when: z.iso.date().transform((text) => new Date(text)) }),
        run: ({ params }) => {
          const [count, when]: [number, Date] = [params.count, params.when];
          // @ts-expect-error there is no such parameter
          params.colour;
          return [count, when.toISOString()];
        },
      },
      // Each action has parameters of its own.
      stop: { ...go, params: z.object({ now: z.boolean() }), run: ({ params }) => params.now satisfies boolean },
    },
  });
});

// An action's `on` accepts existing resources only.
void (() => {
  void definePlugin({
    ...named,
    resources: { device: { about: "A thing." } },
    actions: { go: { ...go, on: ["device", "server"], run: () => "gone" } },
  });
  void definePlugin({
    ...named,
    actions: {
      go: {
        ...go,
        // @ts-expect-error no plugin adds devices
        on: ["device"],
        run: () => "gone",
      },
    },
  });
});

// An action's permission must be valid.
void (() => {
  void definePlugin({
    ...named,
    actions: {
      go: {
        ...go,
        // @ts-expect-error `write` is meant
        permission: "wirte",
        run: () => "gone",
      },
    },
  });
});

// A job's result must be JSON.
void (() => {
  void definePlugin({ ...named, actions: { go: { ...go, run: () => {} } } });
  void definePlugin({ ...named, actions: { go: { ...go, run: async () => {} } } });
  void definePlugin({
    ...named,
    actions: {
      go: {
        ...go,
        // @ts-expect-error a date would become a text
        run: () => new Date(),
      },
    },
  });
});

// A job's log, progress and checkpoints accept JSON.
void (() => {
  void definePlugin({
    ...named,
    actions: {
      go: {
        ...go,
        run: async ({ job }) => {
          const state: Json | undefined = job.state;
          await job.checkpoint([state ?? 0, { deep: null }]);
          // @ts-expect-error a function can't be kept
          await job.checkpoint(() => undefined);
          // @ts-expect-error an entry is an object
          await job.note("starting");
          // @ts-expect-error a state may be anything: it is to be looked at
          return job.state.length;
        },
      },
    },
  });
});

// An action's context has the plugin's options and services.
void (() => {
  void definePlugin({
    ...named,
    config: z.strictObject({ bucket: z.string() }),
    setup: () => ({ count: 1 }),
    actions: {
      go: {
        ...go,
        buckets: ({ bucket }) => [bucket],
        // @ts-expect-error there is no such option
        collections: ({ collection }) => [collection],
        run: (_, { config, services }) => {
          // @ts-expect-error setup gave nothing of that name
          services.mailer;
          return `${config.bucket} ${services.count.toFixed()}`;
        },
      },
    },
  });
});

// An action is started with the parameters that its schema accepts.
void (() => {
  const count: ActionRef<{ count: number }> = { plugin: "widgets", name: "count" };
  void definePlugin({
    ...named,
    needs: () => ({ count: need.action(count), plain: need.action({ name: "plain" }) }),
    setup: ({ resources }) => resources,
    listeners: {
      see: {
        on: ["record.create"],
        run: async ({ id, uri }, { services }) => {
          const job: string = await services.count.start({ count: 1 }, { uri, key: id });
          await services.plain.start({});
          // @ts-expect-error a count is a number
          await services.count.start({ count: job });
          // @ts-expect-error it has no parameters
          await services.plain.start({ count: 1 });
        },
      },
    },
  });
});

// A schedule's call has the job and the time it was due.
void (() => {
  void definePlugin({
    ...named,
    config: z.strictObject({ at: z.string().optional() }),
    schedules: {
      nightly: {
        about: "Each night.",
        cron: ({ at }) => at,
        run: async ({ due, job }) => {
          await job.note({ due: due satisfies number });
        },
      },
      // @ts-expect-error it has a time
      never: { about: "Never.", run: () => undefined },
      // @ts-expect-error a schedule has no parameters
      asked: { about: "Is asked.", cron: "* * * * *", run: ({ params }) => params },
    },
  });
});

// Versions are excluded by options, and read by a need.
void (() => {
  const definition = definePlugin({
    name: "x",
    about: "Is a test.",
    config: z.object({ robots: z.array(z.string()) }),
    needs: () => ({ versions: need.versions() }),
    setup: ({ resources }) => resources,
    versions: { excludedUsers: ({ robots }) => robots },
    routes: {
      "GET /x": {
        about: "Is a test.",
        run: async ({ user }, { services }) => {
          const { entries } = await services.versions.list({ bucket: "b", user, query: "" });
          // @ts-expect-error the user must be named
          await services.versions.list({ bucket: "b", query: "" });
          return { status: 200, body: JSON.stringify(entries) };
        },
      },
    },
  });
  void definePlugin({
    name: "x",
    about: "Is a test.",
    // @ts-expect-error there is no such field
    versions: { excluded: () => ["/buckets/b"] },
  });
  return definition;
});
