import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import kinto from "kinto";
import { accounts } from "../../../plugins/accounts/index.ts";
import { defaultBucket } from "../../../plugins/default-bucket/index.ts";
import { history } from "../../../plugins/history/index.ts";
import { openid } from "../../../plugins/openid/index.ts";
import { startStore, type TestStore } from "../../start-store.ts";
import { CLIENT_ID, CLIENT_SECRET, openBrowser, startProvider, type TestProvider } from "./start-provider.ts";

const PAGE = "http://admin.example.org/";
const PASSWORD = "correct horse";

let provider: TestProvider;
let store: TestStore;
beforeAll(async () => {
  provider = await startProvider();
  store = await startStore({
    plugins: [
      accounts({ createPrincipals: ["system.Everyone"], scrypt: { log2n: 13, p: 1 } }),
      openid({
        providers: { local: { issuer: provider.issuer, clientId: CLIENT_ID, clientSecret: { parameter: "/x" } } },
        callbacks: [PAGE],
        private: true,
      }),
      defaultBucket(),
      history(),
    ],
    secrets: { openid: { "secret-local": CLIENT_SECRET } },
  });
  provider.start([`${store.url}/openid/local/token`]);
});
afterAll(async () => {
  await store.close();
  provider.close();
});

type Client = InstanceType<typeof kinto.KintoClient>;
const open = (authorization?: string): Client =>
  new kinto.KintoClient(store.url, { headers: authorization === undefined ? {} : { Authorization: authorization } });

/** What the console requests after a login, and when a record and a history are opened. */
const visit = async (client: Client, userId: string) => {
  const { user, capabilities } = await client.fetchServerInfo();
  expect(user?.id).toBe(userId);
  expect(Object.keys(capabilities)).toEqual(expect.arrayContaining(["default_bucket", "permissions_endpoint"]));
  const buckets = await client.listBuckets().catch((error: Error) => {
    expect(error.message).toMatch(/HTTP 40[13]/);
    return { data: [] };
  });
  const ids = ["default", ...(buckets.data as { id: string }[]).map(({ id }) => id)];
  const lists = await client.batch((batch: Client) => {
    for (const id of ids) void batch.bucket(id).listCollections();
  });
  expect((lists as { status: number }[]).map(({ status }) => status)).toEqual(ids.map(() => 200));
  const { data: permissions } = await client.listPermissions({
    pages: Number.POSITIVE_INFINITY,
    filters: { exclude_resource_name: "record" },
  });
  expect((permissions as { resource_name: string }[]).some((one) => one.resource_name === "record")).toBe(false);

  const bucket = client.bucket("default");
  await bucket.createCollection("todo");
  await bucket.collection("todo").createRecord({ id: "milk", title: "Milk" });
  const route = await client.batch((batch: Client) => {
    const opened = batch.bucket("default");
    void opened.getData();
    void opened.listGroups();
    void opened.collection("todo").getData();
    void opened.collection("todo").getRecord("milk");
  });
  expect((route as { status: number }[]).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const own = client.bucket(user?.bucket ?? "");
  const entries = await own.listHistory({ limit: 200, filters: { resource_name: "record", record_id: "milk" } });
  expect(entries.data).toMatchObject([{ action: "create", target: { data: { title: "Milk" } } }]);
  const before = await own.collection("todo").listRecords({ at: (entries.data[0]?.last_modified ?? 0) - 1 });
  expect(before.data).toEqual([]);
};

describe("the console kinto-admin", () => {
  it("works after a login with an account, and tells a wrong password", async () => {
    await store.put("/accounts/ada", { data: { password: PASSWORD } }, { as: null });
    const { capabilities, user } = await open().fetchServerInfo();
    expect([Object.hasOwn(capabilities, "accounts"), user]).toEqual([true, undefined]);
    expect((await open(`Basic ${btoa("ada:wrong")}`).fetchServerInfo()).user).toBeUndefined();
    await visit(open(`Basic ${btoa(`ada:${PASSWORD}`)}`), "account:ada");
  });

  it("works after a login at a provider", async () => {
    const { capabilities } = await open().fetchServerInfo();
    const { providers } = capabilities.openid as unknown as { providers: { name: string; auth_path: string }[] };
    const [found] = providers;
    const form = { authType: "openid-local", server: store.url, redirectURL: "/buckets/blog" };
    const callback = `${PAGE}#/auth/${btoa(JSON.stringify(form))}/`;
    const path = found?.auth_path.replace(/^\//, "") ?? "";
    const login = `${store.url}/${path}?callback=${encodeURIComponent(callback)}&scope=openid email`;
    const { url } = await openBrowser().follow(login, PAGE);
    const token = JSON.parse(atob(decodeURIComponent(url.slice(callback.length))));
    await visit(open(`${token.token_type} ${token.access_token}`), "local:ada");
  });
});
