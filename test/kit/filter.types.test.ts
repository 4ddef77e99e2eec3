import { describe, expect, it } from "@jest/globals";
import { definePlugin, json } from "@kintoun/kit";

/** Each of the calls below is checked by tsc: an expected error that does not come is an error itself. None of them is run. */
const compiled = (_: () => unknown): void => expect(true).toBe(true);
const named = { name: "x", about: "Is a test." };
const about = "Is a test.";

describe("the compiler tells a filter", () => {
  it("that it changes what stays as it is", () => {
    // @ts-expect-error who asks is settled
    compiled(() => definePlugin({ ...named, filters: { x: { about, request: () => ({ user: "basicauth:bob" }) } } }));
    // @ts-expect-error the path stays what it is
    compiled(() => definePlugin({ ...named, filters: { x: { about, request: () => ({ path: "/buckets" }) } } }));
    compiled(() =>
      definePlugin({
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
      }),
    );
  });

  it("that it gives something else than an answer", () => {
    // @ts-expect-error an answer has a status
    compiled(() => definePlugin({ ...named, filters: { x: { about, response: () => ({ body: "{}" }) } } }));
    compiled(() =>
      // @ts-expect-error a body is a text
      definePlugin({ ...named, filters: { x: { about, response: (answer) => ({ ...answer, body: { a: 1 } }) } } }),
    );
    // @ts-expect-error it says what it is about
    compiled(() => definePlugin({ ...named, filters: { x: { response: () => undefined } } }));
  });

  it("nothing where all is well", () => {
    compiled(() =>
      definePlugin({
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
              services.closed && user === null ? json({ closed: true }, { status: 403 }) : undefined,
          },
        },
      }),
    );
  });
});
