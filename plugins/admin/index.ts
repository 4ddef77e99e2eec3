import { definePlugin } from "@kintoun/kit";

/** Thumbnails and images of records come from S3, to which the store redirects. Scripts come from the store only. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: https://*.amazonaws.com; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Serves kinto-admin, the administration of Kinto, for this store at `/v1/admin/`. */
export const admin = definePlugin({
  name: "admin",
  about: "Serves the Kinto administration, kinto-admin, for this store.",
  pages: {
    "/admin": {
      about: "Buckets, collections, groups and records.",
      files: new URL("./admin-pages/", import.meta.url),
      contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    },
  },
});
