import { describe, expect, it } from "@jest/globals";
import { definePlugin, type Json } from "@kintoun/kit";
import * as z from "zod";

/** Each of the calls below is checked by tsc: an expected error that does not come is an error itself. None of them is run. */
const compiled = (_: () => unknown): void => expect(true).toBe(true);
const named = { name: "x", about: "Is a test." };
const go = { about: "Goes.", on: ["bucket"] } as const;

describe("the compiler tells the author of an action", () => {
  it("what its schema makes of the parameters", () => {
    compiled(() =>
      definePlugin({
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
      }),
    );
  });

  it("that it stands at nothing that there is", () => {
    compiled(() =>
      definePlugin({
        ...named,
        resources: { device: { about: "A thing." } },
        actions: { go: { ...go, on: ["device", "server"], run: () => "gone" } },
      }),
    );
    compiled(() =>
      definePlugin({
        ...named,
        actions: {
          go: {
            ...go,
            // @ts-expect-error nobody brings devices
            on: ["device"],
            run: () => "gone",
          },
        },
      }),
    );
  });

  it("that a permission is misspelt", () => {
    compiled(() =>
      definePlugin({
        ...named,
        actions: {
          go: {
            ...go,
            // @ts-expect-error `write` is meant
            permission: "wirte",
            run: () => "gone",
          },
        },
      }),
    );
  });

  it("that a result is no JSON", () => {
    compiled(() => definePlugin({ ...named, actions: { go: { ...go, run: () => {} } } }));
    compiled(() => definePlugin({ ...named, actions: { go: { ...go, run: async () => {} } } }));
    compiled(() =>
      definePlugin({
        ...named,
        actions: {
          go: {
            ...go,
            // @ts-expect-error a date would become a text
            run: () => new Date(),
          },
        },
      }),
    );
  });

  it("what a job can note and keep", () => {
    compiled(() =>
      definePlugin({
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
      }),
    );
  });

  it("what its plugin's setup gave, and its options are", () => {
    compiled(() =>
      definePlugin({
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
      }),
    );
  });
});

describe("the compiler tells the author of a schedule", () => {
  it("what it is called with", () => {
    compiled(() =>
      definePlugin({
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
          // @ts-expect-error nobody gives a schedule parameters
          asked: { about: "Is asked.", cron: "* * * * *", run: ({ params }) => params },
        },
      }),
    );
  });
});
