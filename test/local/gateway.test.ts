import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startTestStore, type TestStore } from "../../testing/index.ts";

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Sends a request whose target and Host header are as given. */
const send = (store: TestStore, { target, host }: { target: string; host?: string }): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(store.url);
    const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
    const headers = { authorization, ...(host !== undefined && { host }) };
    request({ host: "127.0.0.1", port, path: target, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    })
      .once("error", reject)
      .end();
  });

describe("gateway", () => {
  let store: TestStore;
  let named: TestStore;
  beforeAll(async () => {
    store = await startTestStore({ plugins: [basicauth()] });
    named = await startTestStore({ plugins: [basicauth()], settings: { httpHost: "store.example.org:8443" } });
    for (const one of [store, named]) await one.put("/buckets/blog", {}, { as: "alice" });
  });
  afterAll(async () => {
    await store.close();
    await named.close();
  });

  describe("host names", () => {
    it.each([
      "localhost",
      "LOCALHOST:80",
      "localhost.",
      "127.0.0.1:8888",
      "127.1.2.3",
      "[::1]:8888",
      "my.store.localhost",
    ])("answers to %s", async (host) => {
      expect((await send(store, { target: "/v1/buckets/blog", host })).status).toBe(200);
      expect((await send(store, { target: "/__mail__", host })).status).toBe(200);
    });

    it.each([
      "store.example.org",
      "localhost.example.org",
      "127.0.0.1.example.org",
      "example-localhost",
      "10.0.0.1",
      "0.0.0.0",
      "[::2]",
    ])("refuses %s, which a web page may have given to this machine", async (host) => {
      for (const target of ["/v1/buckets/blog", "/v1/__api__", "/__mail__", `http://${host}/v1/buckets/blog`]) {
        const { status, body } = await send(store, { target, host });
        expect([status, JSON.parse(body)]).toEqual([
          421,
          {
            code: 421,
            errno: 107,
            error: "Misdirected Request",
            message: `This store answers to localhost, not to "${host}". To let it answer to another host name, set KINTOUN_HTTP_HOST to that name.`,
          },
        ]);
      }
    });

    it("answers to the configured host, except with the pages of the embedded cloud", async () => {
      for (const host of ["store.example.org:8443", "store.example.org", "localhost"])
        expect((await send(named, { target: "/v1/buckets/blog", host })).status).toBe(200);
      const page = await send(named, { target: "/__mail__", host: "store.example.org:8443" });
      expect([page.status, page.body]).not.toEqual([200, expect.stringContaining("Mail")]);
      expect((await send(named, { target: "/v1/", host: "other.example.org" })).status).toBe(421);
    });
  });

  it("shows the mail page in no frame, without scripts and without a cache", async () => {
    const { headers, body } = await send(store, { target: "/__mail__" });

    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": expect.stringMatching(/^default-src 'none';.* frame-ancestors 'none';/),
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
    expect(body).toContain("No mail yet.");
  });

  describe("request target in absolute form", () => {
    it.each<[target: string, status: number]>([
      ["http://localhost/v1/buckets/blog", 200],
      ["HTTP://localhost:9999/v1/buckets/blog?x=1", 200],
      ["https://store.localhost/v1/buckets/blog", 200],
      ["http://localhost", 307],
      ["http://localhost?x=1", 307],
      ["http://localhost/__mail__", 200],
      ["http:///v1/buckets/blog", 400],
      ["ftp://localhost/v1/buckets/blog", 400],
    ])("%s is answered with %i", async (target, status) => {
      expect((await send(store, { target })).status).toBe(status);
    });

    it("replaces the Host header in links", async () => {
      const hello = await send(store, { target: "http://store.localhost:77/v1/", host: "localhost" });
      expect(JSON.parse(hello.body).url).toBe("http://store.localhost:77/v1/");
      const moved = await send(store, { target: "http://store.localhost:77/buckets/blog", host: "localhost" });
      expect(moved.headers.location).toBe("http://store.localhost:77/v1/buckets/blog");
    });
  });
});
