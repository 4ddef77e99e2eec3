import { describe, expect, it } from "@jest/globals";
import { defineHookPoint, definePlugin, refuse, storeHookPoints } from "@kintoun/kit";

/** Each of the calls below is checked by tsc: an expected error that does not come is an error itself. None of them is run. */
const compiled = (_: () => unknown): void => expect(true).toBe(true);
const named = { name: "x", about: "Is a test." };
const point = defineHookPoint<{ cups: number }>({
  name: "x.tea",
  about: "Before tea.",
  params: { cups: "How many." },
  veto: true,
});

describe("the compiler tells who writes a hook", () => {
  it("that an event's name is misspelt, or none of a request's", () => {
    // @ts-expect-error there is no such action
    compiled(() => definePlugin({ ...named, hooks: { before: { look: { on: ["record.created"], run: () => {} } } } }));
    // @ts-expect-error a purge is no request's
    compiled(() => definePlugin({ ...named, hooks: { before: { look: { on: ["record.purge"], run: () => {} } } } }));
    // @ts-expect-error `before` is meant
    compiled(() => definePlugin({ ...named, hooks: { befor: {} } }));
    // @ts-expect-error there is no such resource
    compiled(() => definePlugin({ ...named, hooks: { after: { look: { on: ["device.create"], run: () => {} } } } }));
    compiled(() =>
      definePlugin({
        ...named,
        resources: { device: { about: "A sensor." } },
        hooks: { after: { look: { on: ["device.create", "record.create"], run: () => {} } } },
      }),
    );
  });

  it("that what it returns is no object, or that it has nothing to return", () => {
    compiled(() =>
      // @ts-expect-error an object is stored
      definePlugin({ ...named, hooks: { before: { look: { on: ["record.create"], run: () => "instead" } } } }),
    );
    // @ts-expect-error an object is stored
    compiled(() => definePlugin({ ...named, hooks: { before: { look: { on: ["record.create"], run: () => null } } } }));
    // @ts-expect-error what was answered is answered
    compiled(() => definePlugin({ ...named, hooks: { after: { look: { on: ["record.create"], run: () => ({}) } } } }));
  });

  it("what a change has by its action, and that it is not to be changed", () => {
    compiled(() =>
      definePlugin({
        ...named,
        hooks: {
          before: {
            look: {
              on: ["record.create", "record.delete"],
              run: (change) => {
                // @ts-expect-error a deletion has nothing new
                const data: object = change.new;
                // @ts-expect-error the change is not the hook's to change
                change.user_id = "me";
                if (change.action === "delete") {
                  const before: object = change.old;
                  return void before;
                }
                return void data;
              },
            },
          },
        },
      }),
    );
  });

  it("that a refusal has no such status", () => {
    // @ts-expect-error 200 refuses nothing
    compiled(() => refuse(200));
    compiled(() => refuse(403, "No."));
  });

  it("what a point tells", () => {
    compiled(() =>
      definePlugin({
        ...named,
        hooks: {
          at: {
            pre: {
              point: storeHookPoints["batch.pre"],
              run: ({ requests }) => void requests.map(({ method }) => method),
            },
            // @ts-expect-error nobody knows the statuses before
            status: {
              point: storeHookPoints["batch.pre"],
              run: ({ requests }) => void requests.map(({ status }) => status),
            },
            // @ts-expect-error the cups are a number
            tea: { point, run: ({ cups }) => void cups.trim() },
          },
        },
      }),
    );
    compiled(() =>
      // @ts-expect-error there is no such point
      definePlugin({ ...named, hooks: { at: { pre: { point: storeHookPoints["batch.before"], run: () => {} } } } }),
    );
  });

  it("that a point lacks a word about a parameter, or is triggered without one", () => {
    // @ts-expect-error the cups are not told of
    compiled(() => defineHookPoint<{ cups: number }>({ name: "x.tea", about: "Before tea.", params: {}, veto: true }));
    // @ts-expect-error how many cups?
    compiled(() => definePlugin({ ...named, hookPoints: [point], setup: ({ trigger }) => trigger(point, {}) }));
    compiled(() =>
      definePlugin({
        ...named,
        hookPoints: [point],
        setup: ({ trigger }) => ({ brew: () => trigger(point, { cups: 2 }) }),
      }),
    );
  });
});
