import { defineConfig } from "./kit/index.ts";
import { basicauth } from "./plugins/basicauth/index.ts";
import { email } from "./plugins/email/index.ts";
import { search } from "./plugins/search/index.ts";

export default defineConfig({
  plugins: [basicauth(), search({ domain: "kintoun" }), email({ from: "kintoun@example.org", recipients: ["watcher@example.org"] })],
});
