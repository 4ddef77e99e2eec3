import { definePlugin } from "@kintoun/kit";

/** Serves kinto-admin, the administration of Kinto, for this store at `/v1/admin/`. */
export const admin = definePlugin({
  name: "admin",
  about: "Serves the Kinto administration, kinto-admin, for this store.",
  pages: {
    "/admin": { about: "Buckets, collections, groups and records.", files: new URL("./admin-pages/", import.meta.url) },
  },
});
