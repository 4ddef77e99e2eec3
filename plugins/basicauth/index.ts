import { createHmac } from "node:crypto";
import { definePlugin, need } from "@kintoun/kit";

/** Accepts any user name and password. As in Kinto, the user id is derived from both. */
export const basicauth = definePlugin({
  name: "basicauth",
  about: "Accepts any user name and password as an identity. For development, not for production.",
  url: "https://kinto.readthedocs.io/en/stable/api/1.x/authentication.html",
  needs: () => ({ secret: need.storeSecret("userid_hmac_secret") }),
  setup: ({ resources }) => resources,
  authentication: {
    schemes: ["basic"],
    challenge: 'Basic realm="Kintoun"',
    acceptsAnyone: true,
    identify: async ({ credentials }, { services: { secret } }) => {
      const pair = decodeCredentials(credentials);
      return pair === null
        ? null
        : createHmac("sha256", await secret())
            .update(pair)
            .digest("hex");
    },
  },
});

/** Decodes `user:password`; `null` if the header contains none. */
const decodeCredentials = (credentials: string): string | null => {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(credentials)) return null;
  const bytes = Buffer.from(credentials, "base64");
  try {
    const pair = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return pair.indexOf(":") > 0 ? pair : null;
  } catch {
    // Older browsers send Latin-1.
    const pair = bytes.toString("latin1");
    return pair.indexOf(":") > 0 ? pair : null;
  }
};
