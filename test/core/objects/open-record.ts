import { openUseCases } from "./open-use-cases.ts";

export const OWNER = "basicauth:owner";
export const WRITER = "basicauth:writer";
export const READER = "basicauth:reader";
/** May create groups everywhere. */
export const GROUPER = "basicauth:grouper";
export const LIST = "/buckets/a/collections/c/records";
export const URI = `${LIST}/r`;
export const ACL = { write: [OWNER], read: [READER] };

/** Starts a store for use cases on one record, whose bucket and collection name three users. */
export const openRecord = async () => {
  const store = await openUseCases({ settings: { explicitPermissions: false, groupCreatePrincipals: [GROUPER] } });
  await store.put("/buckets/a", { acl: { write: [OWNER], read: [READER], "collection:create": [WRITER] } });
  await store.put("/buckets/a/collections/c", { acl: { "record:create": [WRITER] } });
  return {
    ...store,
    putRecord: () => store.put(URI, { data: { a: 1, b: 2 }, acl: ACL }),
    /** The `last_modified` of an object. */
    timeOf: async (uri: string): Promise<number> => {
      const result = await store.as(OWNER).get(uri);
      if (!("data" in result)) throw new Error("The object is not modified");
      return Number(result.data.last_modified);
    },
  };
};
