import { describe, expect, it } from "@jest/globals";
import { definePlugin, type JsonObject } from "@kintoun/kit";

/** Each of the calls below is checked by tsc: an expected error that does not come is an error itself. None of them is run. */
const compiled = (_: () => unknown): void => expect(true).toBe(true);
const named = { name: "x", about: "Is a test." };
const about = "Is a test.";

describe("the compiler tells a renderer", () => {
  it("that it lacks something", () => {
    // @ts-expect-error it writes one type at least
    compiled(() => definePlugin({ ...named, renderers: { x: { types: [], about, render: () => "" } } }));
    // @ts-expect-error it says what it is about
    compiled(() => definePlugin({ ...named, renderers: { x: { types: ["text/x"], render: () => "" } } }));
    compiled(() =>
      // @ts-expect-error who writes lists also writes what is none
      definePlugin({ ...named, renderers: { x: { types: ["text/x"], about, list: async function* () {} } } }),
    );
  });

  it("that it writes something else than texts", () => {
    compiled(() =>
      // @ts-expect-error an answer is a text
      definePlugin({ ...named, renderers: { x: { types: ["text/x"], about, render: ({ body }) => body } } }),
    );
    compiled(() =>
      definePlugin({
        ...named,
        renderers: {
          x: {
            types: ["text/x"],
            about,
            render: () => "",
            // @ts-expect-error a list is texts
            list: async function* (entries) {
              yield* entries;
            },
          },
        },
      }),
    );
  });

  it("what it gets", () => {
    compiled(() =>
      definePlugin({
        ...named,
        setup: () => ({ indent: 2 }),
        renderers: {
          x: {
            types: ["text/x", "text/y"],
            about,
            render: ({ body, status }, { services }) => JSON.stringify({ body, status }, null, services.indent),
            list: async function* (entries, page) {
              for await (const entry of entries) {
                const object: JsonObject = entry;
                yield JSON.stringify(object);
              }
              // @ts-expect-error a list comes entry by entry
              yield String(page.body);
            },
          },
        },
      }),
    );
  });
});
