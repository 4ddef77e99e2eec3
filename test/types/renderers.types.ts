/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { definePlugin, type JsonObject } from "@kintoun/kit";

const named = { name: "x", about: "Is a test." };
const about = "Is a test.";

// A renderer has media types and `render`.
void (() => {
  // @ts-expect-error it writes one type at least
  void definePlugin({ ...named, renderers: { x: { types: [], about, render: () => "" } } });
  // @ts-expect-error it says what it is about
  void definePlugin({ ...named, renderers: { x: { types: ["text/x"], render: () => "" } } });
  // @ts-expect-error who writes lists also writes what is none
  void definePlugin({ ...named, renderers: { x: { types: ["text/x"], about, list: async function* () {} } } });
});

// A renderer writes strings.
void (() => {
  // @ts-expect-error an answer is a text
  void definePlugin({ ...named, renderers: { x: { types: ["text/x"], about, render: ({ body }) => body } } });
  void definePlugin({
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
  });
});

// A renderer receives the response as JSON.
void (() => {
  void definePlugin({
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
  });
});
