import { describe, expect, it } from "@jest/globals";
import { createClient, createHeaders, createId, createRecordingFetch, getServerUrl, KintoClient } from "./client.ts";

describe("server info", () => {
  it("describes the project, the protocol's version and the URL", async () => {
    const info = await createClient().fetchServerInfo();

    expect(info).toMatchObject({
      project_name: expect.any(String),
      http_api_version: expect.stringMatching(/^1\.\d+$/),
    });
    expect(info.url).toBe(`${getServerUrl()}/`);
  });

  it("is fetched once per client", async () => {
    const { requests, fetchFunc } = createRecordingFetch();
    const client = createClient({ fetchFunc });

    await client.fetchServerInfo();
    await client.fetchServerSettings();
    await client.fetchServerCapabilities();
    await client.fetchHTTPApiVersion();

    expect(requests).toHaveLength(1);
    expect(client.serverInfo).toEqual(await client.fetchServerInfo());
  });

  it("contains the settings which limit the client", async () => {
    await expect(createClient().fetchServerSettings()).resolves.toMatchObject({
      readonly: false,
      batch_max_requests: 25,
    });
  });

  it("lists each capability with a description", async () => {
    const capabilities = await createClient().fetchServerCapabilities();

    expect(Object.keys(capabilities)).toEqual(
      expect.arrayContaining(["default_bucket", "flush_endpoint", "permissions_endpoint"]),
    );
    for (const capability of Object.values(capabilities))
      expect(capability).toMatchObject({ description: expect.any(String) });
  });

  it("contains the minor version of the protocol", async () => {
    await expect(createClient().fetchHTTPApiVersion()).resolves.toMatch(/^1\.\d+$/);
  });
});

describe("fetchUser", () => {
  it("returns the id, the default bucket and the principals of the user", async () => {
    const user = await createClient().fetchUser();

    expect(user?.id).toMatch(/^basicauth:[0-9a-f]{64}$/);
    expect(user?.bucket).toEqual(expect.any(String));
    expect(user?.principals).toEqual(expect.arrayContaining([user?.id, "system.Authenticated", "system.Everyone"]));
  });

  it("returns nothing without credentials", async () => {
    await expect(createClient({ headers: {} }).fetchUser()).resolves.toBeUndefined();
  });

  it("takes the credentials of one request", async () => {
    const client = createClient();
    const other = await client.fetchUser({ headers: createHeaders(createId("other")) });

    expect(other?.id).not.toBe((await client.fetchUser())?.id);
  });

  it("returns the same id for the same credentials", async () => {
    const headers = createHeaders(createId("user"));

    const [first, second] = await Promise.all([
      createClient({ headers }).fetchUser(),
      createClient({ headers }).fetchUser(),
    ]);

    expect(first).toEqual(second);
  });
});

describe("remote", () => {
  it("names the server and the version of its protocol", () => {
    const client = createClient();

    expect(client.remote).toBe(getServerUrl());
    expect(client.version).toBe("v1");
  });

  it("accepts a URL with a trailing slash", async () => {
    await expect(new KintoClient(`${getServerUrl()}/`).fetchServerInfo()).resolves.toMatchObject({
      url: `${getServerUrl()}/`,
    });
  });

  it("rejects a version which the client does not support", () => {
    expect(() => new KintoClient(getServerUrl().replace("/v1", "/v2"))).toThrow("Unsupported protocol version: v2");
  });
});
