import { definePlugin } from "@kintoun/kit";

/** The reader sets the styles of single elements. Scripts come from the store only. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Serves a reader of the store's OpenAPI document at `/v1/docs/`, in which requests can be tried. */
export const apiDocs = definePlugin({
  name: "api-docs",
  about: "Serves a reference of the API, in which requests can be tried.",
  pages: {
    "/docs": {
      about: "A reader of the OpenAPI document.",
      files: new URL("./api-docs-pages/", import.meta.url),
      contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    },
  },
});
