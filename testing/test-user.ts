import { definePlugin } from "../kit/plugin.ts";

/** Authenticates any user name with any password: `alice` is the user `testuser:alice`. */
export const testUser = definePlugin({
  name: "testuser",
  about: "Authenticates any user name, for tests.",
  authentication: {
    schemes: ["basic"],
    challenge: 'Basic realm="Test"',
    identify: ({ credentials }) => {
      const [name = ""] = Buffer.from(credentials, "base64").toString("utf8").split(":", 1);
      return name === "" ? null : name;
    },
  },
});
