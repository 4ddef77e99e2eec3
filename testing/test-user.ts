import { definePlugin } from "../kit/plugin.ts";

/** Believes any user name, whatever the password: `alice` is the user `testuser:alice`. */
export const testUser = definePlugin({
  name: "testuser",
  about: "Takes any user name for an identity; for tests.",
  authentication: {
    scheme: "basic",
    challenge: 'Basic realm="Test"',
    identify: (credentials) => {
      const [name = ""] = Buffer.from(credentials, "base64").toString("utf8").split(":", 1);
      return name === "" ? null : name;
    },
  },
});
