import { definePlugin, need } from "@kintoun/kit";

/** Maximum time of a request, below the 30 s of API Gateway. */
const TIMEOUT_MS = 25_000;

/** Lets every user delete everything, like Kinto's plugin of the same name. For tests. */
export const flush = definePlugin({
  name: "flush",
  about: "Adds the endpoint __flush__, which deletes everything. For tests.",
  capability: "flush_endpoint",
  url: "https://kinto.readthedocs.io/en/latest/api/1.x/flush.html",
  needs: () => ({ flush: need.flush() }),
  setup: ({ resources }) => resources,
  routes: {
    "POST /__flush__": {
      about: "Deletes everything.",
      run: async (_, { services }) => {
        const end = Date.now() + TIMEOUT_MS;
        const done = await services.flush(() => Date.now() > end);
        return done ? { status: 202, body: "{}" } : { status: 503, body: null, headers: { "Retry-After": "0" } };
      },
    },
  },
});
