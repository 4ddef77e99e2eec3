/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { definePlugin, jsonResponse, need } from "@kintoun/kit";
import * as z from "zod";

const named = { name: "x", about: "Is a test." };
const about = "Is a test.";

// A route's name starts with a method.
void (() => {
  // @ts-expect-error a place begins with a method
  void definePlugin({ ...named, routes: { "/hello": { about, run: () => jsonResponse({}) } } });
  // @ts-expect-error there is no such method
  void definePlugin({ ...named, routes: { "FETCH /hello": { about, run: () => jsonResponse({}) } } });
  // @ts-expect-error a path begins with a slash
  void definePlugin({ ...named, routes: { "GET hello": { about, run: () => jsonResponse({}) } } });
});

// A route's parameters are those of its path.
void (() => {
  void definePlugin({
    ...named,
    routes: {
      "GET /a/:first/b/:second": {
        about,
        run: ({ params }) => {
          const both: string = params.first + params.second;
          // @ts-expect-error the path has no such name
          return jsonResponse({ both, third: params.third });
        },
      },
    },
  });
});

// A route's input has the type of its schema.
void (() => {
  void definePlugin({
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
          return jsonResponse({ size, title, text, other: input.body.other });
        },
      },
    },
  });
});

// A route has valid options.
void (() => {
  // @ts-expect-error a route says what it is about
  void definePlugin({ ...named, routes: { "GET /a": { run: () => jsonResponse({}) } } });
  // @ts-expect-error a route does something
  void definePlugin({ ...named, routes: { "GET /a": { about } } });
  void definePlugin({
    ...named,
    // @ts-expect-error it answers, or leads elsewhere
    routes: { "GET /a": { about, run: () => jsonResponse({}), rewrite: async () => ({ path: "/b" }) } },
  });
  // @ts-expect-error there are users and everyone
  void definePlugin({ ...named, routes: { "GET /a": { about, for: "admins", run: () => jsonResponse({}) } } });
  void definePlugin({
    ...named,
    routes: {
      // @ts-expect-error there is no such permission
      "GET /a": { about, permission: { on: "/buckets/b", permission: "delete" }, run: () => jsonResponse({}) },
    },
  });
  void definePlugin({
    ...named,
    // @ts-expect-error what leads elsewhere has no input
    routes: { "GET /a": { about, input: z.object({}), rewrite: async () => ({ path: "/b" }) } },
  });
});

// A route returns a response.
void (() => {
  // @ts-expect-error an answer has a status and a body
  void definePlugin({ ...named, routes: { "GET /a": { about, run: () => ({ hello: "world" }) } } });
  // @ts-expect-error a body is a text
  void definePlugin({ ...named, routes: { "GET /a": { about, run: () => ({ status: 200, body: {} }) } } });
  // @ts-expect-error what is no JSON can't be one
  void jsonResponse({ at: new Date() });
});

// A response has text, bytes or nothing; a route reads bytes and sends requests as its user.
void (() => {
  void definePlugin({
    ...named,
    routes: {
      "POST /a/:id": {
        about,
        permission: { on: "/buckets/:id", permission: "save" },
        run: async ({ bytes, send, params }) => {
          const content: Uint8Array = bytes();
          const { status, body } = await send({ method: "PATCH", path: `/buckets/${params.id}`, body: { data: {} } });
          // @ts-expect-error the body may be missing
          void body.data;
          return { status, headers: { "content-type": "image/png" }, body: content };
        },
      },
      // @ts-expect-error a body is no number
      "GET /b": { about, run: () => ({ status: 200, body: 1 }) },
      "GET /c": {
        about,
        run: async ({ send }) => {
          // @ts-expect-error there is no such method
          await send({ method: "FETCH", path: "/" });
          return jsonResponse({});
        },
      },
    },
  });
});

// Fields of a capability follow from the options.
void (() => {
  void definePlugin({
    ...named,
    config: z.object({ url: z.string() }),
    capabilityFields: ({ url }) => ({ base_url: url }),
  });
  // @ts-expect-error a function is no JSON
  void definePlugin({ ...named, capabilityFields: () => ({ base_url: () => "" }) });
});

// Files of a plugin are signed with their size and hash.
void (() => {
  void definePlugin({
    ...named,
    needs: () => ({ files: need.files({ deleteScope: "own-worker", expireDays: { "tmp/": 1 } }) }),
    setup: async ({ resources: { files } }) => {
      const headers = { type: "text/plain", disposition: "attachment" };
      const { url }: { url: string } = await files.signUpload("a", { ...headers, bytes: 1, sha256: "", seconds: 60 });
      // @ts-expect-error an upload without a hash could be anything
      await files.signUpload("a", { ...headers, bytes: 1, seconds: 60 });
      return url;
    },
  });
  // @ts-expect-error there is no such scope
  need.files({ deleteScope: "api" });
});
