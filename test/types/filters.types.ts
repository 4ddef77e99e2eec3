/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { definePlugin, jsonResponse } from "@kintoun/kit";

const named = { name: "x", about: "Is a test." };
const about = "Is a test.";

// A filter cannot change the method, path or user.
void (() => {
  // @ts-expect-error who asks is settled
  void definePlugin({ ...named, filters: { x: { about, request: () => ({ user: "basicauth:bob" }) } } });
  // @ts-expect-error the path stays what it is
  void definePlugin({ ...named, filters: { x: { about, request: () => ({ path: "/buckets" }) } } });
  void definePlugin({
    ...named,
    filters: {
      x: {
        about,
        request: (request) => {
          // @ts-expect-error a request is not changed in its place
          request.query = "";
          return undefined;
        },
      },
    },
  });
});

// A filter returns a response or changes.
void (() => {
  // @ts-expect-error an answer has a status
  void definePlugin({ ...named, filters: { x: { about, response: () => ({ body: "{}" }) } } });
  // @ts-expect-error a body is a text
  void definePlugin({ ...named, filters: { x: { about, response: (answer) => ({ ...answer, body: { a: 1 } }) } } });
  // @ts-expect-error it says what it is about
  void definePlugin({ ...named, filters: { x: { response: () => undefined } } });
});

// Valid definitions compile.
void (() => {
  void definePlugin({
    ...named,
    setup: () => ({ closed: true }),
    filters: {
      change: {
        about,
        paths: ["/buckets/:bucket"],
        request: ({ query, headers }) => ({
          query: `${query}&a=b`,
          headers: { "x-a": headers["x-b"], "x-c": undefined },
        }),
      },
      look: { about, request: () => undefined, response: async () => undefined },
      answer: {
        about,
        request: async ({ user }, { services }) =>
          services.closed && user === null ? jsonResponse({ closed: true }, { status: 403 }) : undefined,
      },
    },
  });
});
