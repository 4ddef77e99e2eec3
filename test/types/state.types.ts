/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { definePlugin, need } from "@kintoun/kit";

// State holds JSON, and HTTP requests are typed.
void (() => {
  const plugin = definePlugin({
    name: "p",
    about: "Is a test.",
    needs: () => ({ state: need.state(), http: need.http() }),
    setup: ({ resources }) => resources,
    commands: {
      try: {
        about: "Tries.",
        run: async (_, { services: { state, http } }) => {
          await state.put("list", "key", { any: ["json", 1, null] }, { expires: 0 });
          // @ts-expect-error a date is no JSON
          await state.put("list", "key", new Date());
          // @ts-expect-error a value may be absent
          Number((await state.get("list", "key")).length);
          // @ts-expect-error methods are written in capitals
          await http.request({ method: "post", url: "https://example.org" });
          // @ts-expect-error what is sent is text or bytes
          await http.request({ method: "POST", url: "https://example.org", body: { a: 1 } });
        },
      },
    },
  });
  // @ts-expect-error it is either
  need.http({ private: "yes" });
  void plugin();
});
