import { describe, expect, it } from "@jest/globals";
import { definePlugin, json } from "@kintoun/kit";
import * as z from "zod";

/** Each of the calls below is checked by tsc: an expected error that does not come is an error itself. None of them is run. */
const compiled = (_: () => unknown): void => expect(true).toBe(true);
const named = { name: "x", about: "Is a test." };
const about = "Is a test.";

describe("the compiler tells a route", () => {
  it("that its place is none", () => {
    // @ts-expect-error a place begins with a method
    compiled(() => definePlugin({ ...named, routes: { "/hello": { about, run: () => json({}) } } }));
    // @ts-expect-error there is no such method
    compiled(() => definePlugin({ ...named, routes: { "FETCH /hello": { about, run: () => json({}) } } }));
    // @ts-expect-error a path begins with a slash
    compiled(() => definePlugin({ ...named, routes: { "GET hello": { about, run: () => json({}) } } }));
  });

  it("what its path holds", () => {
    compiled(() =>
      definePlugin({
        ...named,
        routes: {
          "GET /a/:first/b/:second": {
            about,
            run: ({ params }) => {
              const both: string = params.first + params.second;
              // @ts-expect-error the path has no such name
              return json({ both, third: params.third });
            },
          },
        },
      }),
    );
  });

  it("what its input is", () => {
    compiled(() =>
      definePlugin({
        ...named,
        routes: {
          "POST /a": {
            about,
            input: z.object({ query: z.object({ size: z.number() }), body: z.object({ title: z.string() }) }),
            run: ({ input }) => {
              const size: number = input.query.size;
              const title: string = input.body.title;
              // @ts-expect-error a size is a number
              const text: string = input.query.size;
              // @ts-expect-error nothing else is taken
              return json({ size, title, text, other: input.body.other });
            },
          },
        },
      }),
    );
  });

  it("that it says something else than it may", () => {
    // @ts-expect-error a route says what it is about
    compiled(() => definePlugin({ ...named, routes: { "GET /a": { run: () => json({}) } } }));
    // @ts-expect-error a route does something
    compiled(() => definePlugin({ ...named, routes: { "GET /a": { about } } }));
    compiled(() =>
      definePlugin({
        ...named,
        // @ts-expect-error it answers, or leads elsewhere
        routes: { "GET /a": { about, run: () => json({}), rewrite: async () => ({ path: "/b" }) } },
      }),
    );
    // @ts-expect-error there are users and everyone
    compiled(() => definePlugin({ ...named, routes: { "GET /a": { about, for: "admins", run: () => json({}) } } }));
    compiled(() =>
      definePlugin({
        ...named,
        // @ts-expect-error there is no such permission
        routes: { "GET /a": { about, permission: { on: "/buckets/b", permission: "delete" }, run: () => json({}) } },
      }),
    );
    compiled(() =>
      definePlugin({
        ...named,
        // @ts-expect-error what leads elsewhere has no input
        routes: { "GET /a": { about, input: z.object({}), rewrite: async () => ({ path: "/b" }) } },
      }),
    );
  });

  it("that its answer is none", () => {
    // @ts-expect-error an answer has a status and a body
    compiled(() => definePlugin({ ...named, routes: { "GET /a": { about, run: () => ({ hello: "world" }) } } }));
    // @ts-expect-error a body is a text
    compiled(() => definePlugin({ ...named, routes: { "GET /a": { about, run: () => ({ status: 200, body: {} }) } } }));
    // @ts-expect-error what is no JSON can't be one
    compiled(() => json({ at: new Date() }));
  });
});
