import { definePlugin } from "@kintoun/kit";

/** Images of S3 are left out: a policy for all buckets would let those of anyone know who reads a record. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

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
