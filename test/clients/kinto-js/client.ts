import { randomUUID } from "node:crypto";
import kinto from "kinto";

/** The entry points of the npm package `kinto`: the offline client and the HTTP client. */
export const { default: Kinto, KintoClient } = kinto;

export type Client = InstanceType<typeof KintoClient>;
export type Bucket = ReturnType<Client["bucket"]>;
export type Collection = ReturnType<Bucket["collection"]>;
type Fetch = typeof globalThis.fetch;

/** The URL of the server under test, with its version, such as `http://127.0.0.1:8888/v1`. */
export const getServerUrl = (): string => {
  const url = process.env.TEST_KINTO_SERVER;
  if (url === undefined) throw new Error("TEST_KINTO_SERVER is not set. Start these tests by `npm run test:clients`.");
  return url;
};

/** An id which no other test uses. */
export const createId = (prefix: string): string => `${prefix}-${randomUUID()}`;

/** The headers of a user. The basicauth plugin accepts any user name and password. */
export const createHeaders = (user: string): { Authorization: string } => ({
  Authorization: `Basic ${btoa(`${user}:secret`)}`,
});

/** An HTTP client which acts as a user of its own, so that it sees no objects of other tests. */
export const createClient = (options: ConstructorParameters<typeof KintoClient>[1] = {}): Client =>
  new KintoClient(getServerUrl(), { headers: createHeaders(createId("user")), ...options });

/** A client, and a bucket and a collection which its user owns. */
export const createCollection = async (client = createClient()) => {
  const { data } = await client.createBucket(createId("bucket"));
  const bucket = client.bucket(data.id);
  await bucket.createCollection("articles");
  return { client, bucket, collection: bucket.collection("articles") };
};

/** Creates one record per title, in this order, and returns their data. */
export const createRecords = async (collection: Collection, titles: readonly string[]) => {
  const records = [];
  for (const title of titles) records.push((await collection.createRecord({ title })).data);
  return records;
};

/** The titles of a page's records, in its order. */
export const getTitles = (page: { readonly data: readonly object[] }): unknown[] =>
  page.data.map((record) => (record as { title?: unknown }).title);

/** What `rejects.toMatchObject` expects of an answer with an error. */
export const matchError = (status: number, errno: number): { response: object; data: object } => ({
  response: { status },
  data: { code: status, errno },
});

/** A `fetchFunc` which notes every request and then sends it. */
export const createRecordingFetch = (): { requests: { url: string; init: RequestInit }[]; fetchFunc: Fetch } => {
  const requests: { url: string; init: RequestInit }[] = [];
  return {
    requests,
    fetchFunc: (url, init = {}) => {
      requests.push({ url: String(url), init });
      return fetch(url, init);
    },
  };
};
