import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { ResolveHost } from "../../../adapters/http/address-policy.ts";
import { createHttpClient } from "../../../adapters/http/http-client.ts";
import { isPublicAddress } from "../../../adapters/http/public-addresses.ts";
import type { HttpRequestError } from "../../../core/ports/http.ts";
import { startWebhookSink, type WebhookSink } from "../../../testing/webhook-sink.ts";

/** Treats the first loopback address as public, and the others as private. */
const policy = {
  isAllowed: (address: string) => address === "127.0.0.1" || isPublicAddress(address),
  allowsHttp: true,
};
const PRIVATE = "127.0.0.2";

const text = (body: Uint8Array) => Buffer.from(body).toString();
const failure = async (response: Promise<unknown>): Promise<Pick<HttpRequestError, "reason" | "message">> =>
  response.then(
    () => expect("an answer").toBe("a failure"),
    ({ reason, message }: HttpRequestError) => ({ reason, message }),
  ) as Promise<HttpRequestError>;

describe("HTTP client", () => {
  let sink: WebhookSink;
  /** Listens on all addresses of this machine and counts connections. */
  let inner: Server;
  let connections: number;
  let port: number;

  beforeAll(async () => {
    sink = await startWebhookSink();
    inner = createServer((socket) => {
      connections++;
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret");
    });
    await new Promise<void>((done) => inner.listen(0, "0.0.0.0", done));
    ({ port } = inner.address() as { port: number });
  });
  afterAll(async () => {
    await sink.close();
    inner.close();
  });
  beforeEach(() => {
    connections = 0;
    sink.respondWith(200);
  });

  const http = createHttpClient(policy);
  const named = (...answers: readonly (readonly string[])[]): ResolveHost => {
    const left = [...answers];
    return async () => (left.shift() ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };

  it("sends the request and returns the response", async () => {
    sink.respondWith({ status: 418, headers: { "x-one": "1" }, body: "short and stout" });

    const { status, headers, body } = await http.request({
      method: "POST",
      url: `${sink.url}/a?b=c`,
      headers: { "x-two": "2" },
      body: "é",
    });

    expect([status, headers["x-one"], text(body)]).toEqual([418, "1", "short and stout"]);
    expect(sink.requests.at(-1)).toMatchObject({
      method: "POST",
      path: "/a?b=c",
      text: "é",
      headers: { "x-two": "2", "content-length": "2" },
    });
  });

  it("reads at most 64 KB of a response", async () => {
    sink.respondWith({ status: 200, body: "x".repeat(1_000_000) });
    expect((await http.request({ method: "GET", url: sink.url })).body).toHaveLength(65_536);
  });

  it("times out while it waits for a response or for its end", async () => {
    const silent = createServer((socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsec"));
    await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(silent.address() as { port: number }).port}`;

    expect(await failure(http.request({ method: "GET", url, timeout: 200 }))).toEqual({
      reason: "timeout",
      message: "It took longer than 0.2 s.",
    });
    const signal = AbortSignal.timeout(50);
    expect(await failure(http.request({ method: "GET", url, signal }))).toEqual({
      reason: "timeout",
      message: "It was aborted.",
    });
    silent.close();
  });

  it.each([
    ["never ends", "HTTP/1.1 202 Accepted\r\ncontent-length: 6\r\n\r\nsec", 202],
    ["is a stream of events", "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n", 200],
    ["is cut off", "HTTP/1.1 410 Gone\r\ncontent-length: 10\r\n\r\nshort", 410],
    ["has no body", "HTTP/1.1 204 No Content\r\n\r\n", 204],
  ])("does not wait for a discarded body that %s", async (_, answer, status) => {
    const closed = Promise.withResolvers<void>();
    const server = createServer((socket) => {
      socket.on("error", () => undefined).once("close", () => closed.resolve());
      socket.once("data", () => (status === 410 ? socket.end(answer) : socket.write(answer)));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;

    const response = await http.request({ method: "POST", url, body: "x", timeout: 5000, discardBody: true });
    expect([response.status, response.body.length]).toEqual([status, 0]);
    // The connection is closed, although the receiver keeps it open.
    await closed.promise;
    server.close();
  });

  it.each([
    ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", 101],
    ["no protocol at all", "SSH-2.0-OpenSSH\r\n", "The server could not be reached (HPE_INVALID_CONSTANT)."],
    [
      "headers without end",
      `HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}`,
      "The server could not be reached (HPE_HEADER_OVERFLOW).",
    ],
    ["promises alone", "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", "It took longer than 1 s."],
    [
      "what is not compressed, though it says so",
      "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\na",
      200,
    ],
  ])("ends with %s", async (_, answer, end) => {
    const gone: Promise<void>[] = [];
    const odd = createServer((socket) => {
      gone.push(new Promise((closed) => void socket.on("error", () => undefined).once("close", () => closed())));
      socket.once("data", () => socket.write(answer));
    });
    await new Promise<void>((done) => odd.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(odd.address() as { port: number }).port}`;

    const response = http.request({ method: "POST", url, body: "x".repeat(1_000_000), timeout: 1000 });
    expect(await response.then(({ status }) => status).catch(({ message }) => message)).toBe(end);
    // No connection stays open.
    await Promise.all(gone);
    odd.close();
  });

  it("reports only the system's error code when no server is there", async () => {
    const gone = await startWebhookSink();
    await gone.close();
    expect(await failure(http.request({ method: "GET", url: gone.url }))).toEqual({
      reason: "network",
      message: "The server could not be reached (ECONNREFUSED).",
    });
    const nowhere = createHttpClient(policy, async () =>
      Promise.reject(Object.assign(new Error("at 10.0.0.2"), { code: "ENOTFOUND" })),
    );
    expect((await failure(nowhere.request({ method: "GET", url: "http://example.org" }))).message).toBe(
      "The server could not be reached (ENOTFOUND).",
    );
  });

  it.each([
    [`http://${PRIVATE}`, `The host ${PRIVATE} is not public.`],
    ["http://0x7f.2", `The host ${PRIVATE} is not public.`],
    ["http://2130706434", `The host ${PRIVATE} is not public.`],
    ["http://017700000002", `The host ${PRIVATE} is not public.`],
    ["http://0", "The host 0.0.0.0 is not public."],
    ["http://[::1]", "The host [::1] is not public."],
    ["http://[::ffff:127.0.0.2]", "The host [::ffff:7f00:2] is not public."],
    ["http://169.254.169.254/latest/meta-data", "The host 169.254.169.254 is not public."],
    ["http://user:pw@example.org", "The URL must not contain a user name or password."],
    ["http://example.org/#x", "The URL must not have a fragment (#…), because fragments are not sent to servers."],
    ["ftp://example.org", "The URL must begin with https:// or http://."],
    ["file:///etc/passwd", "The URL must begin with https:// or http://."],
    ["example.org", "It is not a URL. Use a URL such as https://example.org/path."],
    [
      "http://exa\r\nmple.org",
      "The URL has spaces, line breaks or letters beyond ASCII: percent-encode them, and write the host in Punycode.",
    ],
    [`http://example.org/${"x".repeat(2000)}`, "The URL has 2019 characters; the maximum is 2000."],
  ])("refuses the URL %j without a request", async (url, issue) => {
    expect(http.findUrlIssue(url)).toBe(issue);
    expect(await failure(http.request({ method: "GET", url }))).toEqual({ reason: "refused", message: issue });
  });

  it("accepts https and public addresses only, unless the policy allows more", () => {
    const strict = createHttpClient();
    expect(strict.findUrlIssue("https://example.org:8443/hook?a=b")).toBeUndefined();
    expect(strict.findUrlIssue("http://example.org")).toBe("The URL must begin with https://.");
    for (const host of [
      "127.0.0.1",
      "localhost",
      "LOCALHOST",
      "localhost.",
      "a.localhost",
      "10.1.2.3",
      "[fd00:ec2::254]",
    ]) {
      expect(strict.findUrlIssue(`https://${host}/`)).toMatch(/is not public/);
    }
  });

  it("refuses a name if any of its addresses is private", async () => {
    for (const addresses of [[PRIVATE], ["127.0.0.1", PRIVATE], ["::1"], []]) {
      const response = createHttpClient(policy, named(addresses)).request({
        method: "GET",
        url: `http://sneaky.example.org:${port}`,
      });
      expect(await failure(response)).toEqual({
        reason: "refused",
        message: "The host sneaky.example.org is not public.",
      });
    }
    const response = createHttpClient(policy, named(["127.0.0.1"])).request({
      method: "GET",
      url: `http://fine.example.org:${port}`,
    });
    expect(text((await response).body)).toBe("secret");
    expect(connections).toBe(1);
  });

  it("connects to the addresses that it checked, even if the name resolves to others later", async () => {
    const lookups: string[] = [];
    const find = named(["127.0.0.1"], [PRIVATE]);
    const rebound = createHttpClient(policy, (host) => {
      lookups.push(host);
      return find(host);
    });
    const url = `http://rebound.example.org:${port}`;

    expect(text((await rebound.request({ method: "GET", url })).body)).toBe("secret");
    expect(lookups).toHaveLength(1);
    expect((await failure(rebound.request({ method: "GET", url }))).reason).toBe("refused");
    expect(connections).toBe(1);
  });

  it("refuses a redirect to a private address", async () => {
    for (const location of [
      `http://${PRIVATE}:${port}/`,
      `//${PRIVATE}:${port}`,
      `http://0x7f.2:${port}`,
      "ftp://127.0.0.1",
      "http://u:p@127.0.0.1",
    ]) {
      sink.respondWith({ status: 307, headers: { location } });
      const { reason, message } = await failure(http.request({ method: "POST", url: sink.url }));
      expect([reason, message]).toEqual(["refused", expect.stringMatching(/^The redirect is not allowed: /)]);
    }
    sink.respondWith({ status: 302, headers: { location: "http://inner.example.org" } });
    const led = createHttpClient(policy, named([PRIVATE])).request({ method: "GET", url: sink.url });
    expect((await failure(led)).message).toBe("The host inner.example.org is not public.");
    expect(connections).toBe(0);
  });

  it("follows at most three redirects", async () => {
    const from = sink.requests.length;
    sink.respondWith(({ path }) =>
      path === "/3" ? 200 : { status: 308, headers: { location: `/${Number(path.slice(1)) + 1}` } },
    );
    expect((await http.request({ method: "POST", url: `${sink.url}/0`, body: "b" })).status).toBe(200);
    expect(sink.requests.slice(from).map(({ method, path, text }) => `${method} ${path} ${text}`)).toEqual([
      "POST /0 b",
      "POST /1 b",
      "POST /2 b",
      "POST /3 b",
    ]);

    sink.respondWith({ status: 308, headers: { location: "/again" } });
    expect((await failure(http.request({ method: "GET", url: sink.url }))).message).toBe(
      "There are more than 3 redirects.",
    );
  });

  it("does not change a POST to a GET", async () => {
    for (const status of [301, 302, 303]) {
      sink.respondWith(({ path }) => (path === "/there" ? 200 : { status, headers: { location: "/there" } }));
      expect((await http.request({ method: "POST", url: sink.url })).status).toBe(status);
      expect((await http.request({ method: "GET", url: sink.url })).status).toBe(200);
    }
  });

  it("does not forward credentials to another origin", async () => {
    await using other = await startWebhookSink();
    const headers = { Authorization: "Bearer t", cookie: "c=1", "x-kept": "1" };
    sink.respondWith(({ path }) => ({ status: 307, headers: { location: path === "/" ? "/here" : other.url } }));

    await http.request({ method: "POST", url: sink.url, headers });

    expect(sink.requests.at(-1)).toMatchObject({
      path: "/here",
      headers: { authorization: "Bearer t", cookie: "c=1" },
    });
    const [elsewhere] = other.requests;
    expect([elsewhere?.headers.authorization, elsewhere?.headers.cookie, elsewhere?.headers["x-kept"]]).toEqual([
      undefined,
      undefined,
      "1",
    ]);
  });

  it("ignores the proxy of the environment", async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      HTTP_PROXY: `http://127.0.0.1:${port}`,
      http_proxy: `http://127.0.0.1:${port}`,
      NODE_USE_ENV_PROXY: "1",
    });
    expect((await createHttpClient(policy).request({ method: "GET", url: sink.url })).status).toBe(200);
    process.env = before;
    expect(connections).toBe(0);
  });
});
