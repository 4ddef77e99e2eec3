import { definePlugin, need } from "@kintoun/kit";

/** Time that a request may take, in ms: below API Gateway's 30 s. */
const TIME = 25_000;

/** Lets anybody remove everything, as Kinto's plugin of the name does; for tests. */
export const flush = definePlugin({
  name: "flush",
  about: "The __flush__ endpoint removes everything that is stored; for tests.",
  capability: "flush_endpoint",
  url: "https://kinto.readthedocs.io/en/latest/api/1.x/flush.html",
  needs: () => ({ flush: need.flush() }),
  setup: ({ resources }) => resources,
  routes: {
    "POST /__flush__": {
      about: "Removes everything that is stored.",
      run: async (_, { services }) => {
        const end = Date.now() + TIME;
        const done = await services.flush(() => Date.now() > end);
        return done ? { status: 202, body: "{}" } : { status: 503, body: null, headers: { "Retry-After": "0" } };
      },
    },
  },
});
