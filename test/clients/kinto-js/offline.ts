import "fake-indexeddb/auto";
import { createClient, createCollection, createHeaders, createId, getServerUrl, Kinto } from "./client.ts";

export interface Article {
  readonly id: string;
  readonly title: string;
  readonly draft?: boolean;
  readonly last_modified?: number;
  readonly _status?: "created" | "updated" | "deleted" | "synced";
}

type ClientOptions = NonNullable<ConstructorParameters<typeof Kinto>[0]>;
type CollectionOptions = NonNullable<Parameters<typeof Kinto.prototype.collection<Article>>[1]>;
export type LocalCollection = ReturnType<typeof createDevice>;

export const { CLIENT_WINS, SERVER_WINS, PULL_ONLY, MANUAL } = Kinto.syncStrategy;

/** The collection `articles` of an offline client which has a local database of its own. */
export const createDevice = (client: ClientOptions, collection: CollectionOptions = {}) => {
  const adapterOptions = { dbName: createId("database") };
  const kinto = new Kinto({ remote: getServerUrl(), adapterOptions, timeout: 30_000, ...client });
  return kinto.collection<Article>("articles", collection);
};

/** A collection on the server, and devices of the user who owns it. */
export const createSyncedCollection = async () => {
  const headers = createHeaders(createId("user"));
  const { bucket, collection: remote } = await createCollection(createClient({ headers }));
  const addDevice = (collection?: CollectionOptions, client?: ClientOptions) =>
    createDevice({ bucket: bucket.name, headers, ...client }, collection);
  return { bucket, remote, addDevice, local: addDevice() };
};

/** The records of a local database by title, with their sync status; deleted ones are included. */
export const readLocalStatus = async (local: LocalCollection): Promise<Record<string, string | undefined>> => {
  const { data } = await local.list({ order: "title" }, { includeDeleted: true });
  return Object.fromEntries(data.map(({ title, _status }) => [title, _status]));
};
