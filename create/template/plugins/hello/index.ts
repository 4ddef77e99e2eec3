import { definePlugin, jsonResponse } from "kintoun";

/** Greets users, and logs new records. */
export const hello = definePlugin({
  name: "hello",
  about: "Greets users and logs new records.",
  routes: {
    "GET /hello/:name": {
      about: "Greets a user.",
      run: ({ params }) => jsonResponse({ hello: params.name }),
    },
  },
  listeners: {
    log: {
      on: ["record.create"],
      run: (event, { log }) => log.info("A record was created", { uri: event.uri }),
    },
  },
});
