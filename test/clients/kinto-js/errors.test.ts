import { beforeAll, describe, expect, it } from "@jest/globals";
import { type Bucket, type Client, type Collection, createClient, createCollection, matchError } from "./client.ts";

let client: Client;
let bucket: Bucket;
let collection: Collection;
beforeAll(async () => {
  ({ client, bucket, collection } = await createCollection());
});

describe("errors", () => {
  it("are 404 with errno 110 for a record which does not exist", async () => {
    await expect(collection.getRecord("missing")).rejects.toMatchObject({
      message: expect.stringContaining("HTTP 404 Not Found: Invalid Token / id"),
      ...matchError(404, 110),
    });
  });

  it("are 404 with errno 111 for a path which does not exist", async () => {
    await expect(client.execute({ path: "/nowhere", headers: {} })).rejects.toMatchObject(matchError(404, 111));
  });

  it("are 401 with errno 104 without credentials", async () => {
    await expect(createClient({ headers: {} }).bucket(bucket.name).getData()).rejects.toMatchObject(
      matchError(401, 104),
    );
  });

  it("are 403 with errno 121 for another user", async () => {
    const stranger = createClient().bucket(bucket.name);

    await expect(stranger.getData()).rejects.toMatchObject(matchError(403, 121));
    await expect(stranger.createCollection("theirs")).rejects.toMatchObject(matchError(403, 121));
    await expect(stranger.collection("articles").createRecord({})).rejects.toMatchObject(matchError(403, 121));
  });

  it("are 403 with errno 121 for a bucket which does not exist", async () => {
    await expect(client.bucket("missing").listCollections()).rejects.toMatchObject(matchError(403, 121));
  });

  it("are 400 with errno 107 for an id which is not allowed", async () => {
    await expect(client.createBucket("not allowed!")).rejects.toMatchObject(matchError(400, 107));
  });

  it("are 400 with errno 107 and details for a query parameter which is not valid", async () => {
    await expect(collection.listRecords({ since: "abc" })).rejects.toMatchObject({
      data: { ...matchError(400, 107).data, details: [{ location: "querystring", name: "_since" }] },
    });
  });

  it("are 405 with errno 115 for a method which the resource does not have", async () => {
    await expect(client.execute({ path: "/buckets", method: "PATCH", headers: {} })).rejects.toMatchObject(
      matchError(405, 115),
    );
  });

  it("are 412 with errno 114 and the existing object for an object which has changed", async () => {
    const { data } = await collection.createRecord({ title: "one" });

    await expect(
      collection.updateRecord({ id: data.id, title: "two" }, { safe: true, last_modified: 1 }),
    ).rejects.toMatchObject({ data: { ...matchError(412, 114).data, details: { existing: data } } });
  });
});
