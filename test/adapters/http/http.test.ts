import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { isPublic } from "../../../adapters/http/addresses.ts";
import type { Resolve } from "../../../adapters/http/guarded-lookup.ts";
import { openHttp } from "../../../adapters/http/http.ts";
import type { HttpFailure } from "../../../core/ports/http.ts";
import { type WebhookSink, webhookSink } from "../../../testing/webhook-sink.ts";

/** As if this machine's first loopback address were a public one, and its others what must not be reached. */
const reach = { reaches: (address: string) => address === "127.0.0.1" || isPublic(address), plain: true };
const PRIVATE = "127.0.0.2";

const text = (body: Uint8Array) => Buffer.from(body).toString();
const failure = async (asked: Promise<unknown>): Promise<Pick<HttpFailure, "reason" | "message">> =>
  asked.then(
    () => expect("an answer").toBe("a failure"),
    ({ reason, message }: HttpFailure) => ({ reason, message }),
  ) as Promise<HttpFailure>;

describe("asking other people's servers", () => {
  let sink: WebhookSink;
  /** Listens on all of this machine's addresses, and counts who connects. */
  let inner: Server;
  let reached: number;
  let port: number;

  beforeAll(async () => {
    sink = await webhookSink();
    inner = createServer((socket) => {
      reached++;
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
    reached = 0;
    sink.answerWith(200);
  });

  const http = openHttp(reach);
  const named = (...answers: readonly (readonly string[])[]): Resolve => {
    const left = [...answers];
    return async () => (left.shift() ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };

  it("sends what it is given, and gives what is answered", async () => {
    sink.answerWith({ status: 418, headers: { "x-one": "1" }, body: "short and stout" });

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

  it("reads 64 KB of an answer, however long it is", async () => {
    sink.answerWith({ status: 200, body: "x".repeat(1_000_000) });
    expect((await http.request({ method: "GET", url: sink.url })).body).toHaveLength(65_536);
  });

  it("does not wait for long, neither for an answer nor for its end", async () => {
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
      message: "It was told to stop.",
    });
    silent.close();
  });

  it.each([
    ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", 101],
    ["no protocol at all", "SSH-2.0-OpenSSH\r\n", "It could not be reached (HPE_INVALID_CONSTANT)."],
    [
      "headers without end",
      `HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}`,
      "It could not be reached (HPE_HEADER_OVERFLOW).",
    ],
    ["promises alone", "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", "It took longer than 1 s."],
    [
      "what is not compressed, though it says so",
      "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\na",
      200,
    ],
  ])("comes to an end with %s", async (_, answer, end) => {
    const gone: Promise<void>[] = [];
    const odd = createServer((socket) => {
      gone.push(new Promise((closed) => void socket.on("error", () => undefined).once("close", () => closed())));
      socket.once("data", () => socket.write(answer));
    });
    await new Promise<void>((done) => odd.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(odd.address() as { port: number }).port}`;

    const asked = http.request({ method: "POST", url, body: "x".repeat(1_000_000), timeout: 1000 });
    expect(await asked.then(({ status }) => status).catch(({ message }) => message)).toBe(end);
    // No connection is left behind.
    await Promise.all(gone);
    odd.close();
  });

  it("tells that nobody is there by the system's word for it alone", async () => {
    const gone = await webhookSink();
    await gone.close();
    expect(await failure(http.request({ method: "GET", url: gone.url }))).toEqual({
      reason: "network",
      message: "It could not be reached (ECONNREFUSED).",
    });
    const nowhere = openHttp(reach, async () =>
      Promise.reject(Object.assign(new Error("at 10.0.0.2"), { code: "ENOTFOUND" })),
    );
    expect((await failure(nowhere.request({ method: "GET", url: "http://example.org" }))).message).toBe(
      "It could not be reached (ENOTFOUND).",
    );
  });

  it.each([
    [`http://${PRIVATE}`, `The host ${PRIVATE} is not a public one.`],
    ["http://0x7f.2", `The host ${PRIVATE} is not a public one.`],
    ["http://2130706434", `The host ${PRIVATE} is not a public one.`],
    ["http://017700000002", `The host ${PRIVATE} is not a public one.`],
    ["http://0", "The host 0.0.0.0 is not a public one."],
    ["http://[::1]", "The host [::1] is not a public one."],
    ["http://[::ffff:127.0.0.2]", "The host [::ffff:7f00:2] is not a public one."],
    ["http://169.254.169.254/latest/meta-data", "The host 169.254.169.254 is not a public one."],
    ["http://user:pw@example.org", "The URL must not hold a user name or password."],
    ["http://example.org/#x", "The URL must not have a fragment (#…): servers are not told of it."],
    ["ftp://example.org", "The URL must begin with https:// or http://."],
    ["file:///etc/passwd", "The URL must begin with https:// or http://."],
    ["example.org", "It is no URL: https://example.org/path is one."],
    [
      "http://exa\r\nmple.org",
      "The URL has spaces, line breaks or letters beyond ASCII: percent-encode them, and write the host in Punycode.",
    ],
    [`http://example.org/${"x".repeat(2000)}`, "The URL has 2019 characters, and 2000 are the most."],
  ])("refuses %j before it is asked", async (url, flaw) => {
    expect(http.flawOf(url)).toBe(flaw);
    expect(await failure(http.request({ method: "GET", url }))).toEqual({ reason: "refused", message: flaw });
  });

  it("speaks https alone, and to nobody near, unless it is allowed", () => {
    const strict = openHttp();
    expect(strict.flawOf("https://example.org:8443/hook?a=b")).toBeUndefined();
    expect(strict.flawOf("http://example.org")).toBe("The URL must begin with https://.");
    for (const host of [
      "127.0.0.1",
      "localhost",
      "LOCALHOST",
      "localhost.",
      "a.localhost",
      "10.1.2.3",
      "[fd00:ec2::254]",
    ]) {
      expect(strict.flawOf(`https://${host}/`)).toMatch(/is not a public one/);
    }
  });

  it("refuses a name that stands for what must not be reached, also where only one of its addresses is", async () => {
    for (const addresses of [[PRIVATE], ["127.0.0.1", PRIVATE], ["::1"], []]) {
      const asked = openHttp(reach, named(addresses)).request({
        method: "GET",
        url: `http://sneaky.example.org:${port}`,
      });
      expect(await failure(asked)).toEqual({
        reason: "refused",
        message: "The host sneaky.example.org is not a public one.",
      });
    }
    const asked = openHttp(reach, named(["127.0.0.1"])).request({
      method: "GET",
      url: `http://fine.example.org:${port}`,
    });
    expect(text((await asked).body)).toBe("secret");
    expect(reached).toBe(1);
  });

  it("connects to the addresses that it looked at, though the name stands for others a moment later", async () => {
    const asks: string[] = [];
    const find = named(["127.0.0.1"], [PRIVATE]);
    const rebound = openHttp(reach, (host) => {
      asks.push(host);
      return find(host);
    });
    const url = `http://rebound.example.org:${port}`;

    expect(text((await rebound.request({ method: "GET", url })).body)).toBe("secret");
    expect(asks).toHaveLength(1);
    expect((await failure(rebound.request({ method: "GET", url }))).reason).toBe("refused");
    expect(reached).toBe(1);
  });

  it("refuses to be led to what must not be reached", async () => {
    for (const location of [
      `http://${PRIVATE}:${port}/`,
      `//${PRIVATE}:${port}`,
      `http://0x7f.2:${port}`,
      "ftp://127.0.0.1",
      "http://u:p@127.0.0.1",
    ]) {
      sink.answerWith({ status: 307, headers: { location } });
      const { reason, message } = await failure(http.request({ method: "POST", url: sink.url }));
      expect([reason, message]).toEqual(["refused", expect.stringMatching(/^It redirects to where it must not: /)]);
    }
    sink.answerWith({ status: 302, headers: { location: "http://inner.example.org" } });
    const led = openHttp(reach, named([PRIVATE])).request({ method: "GET", url: sink.url });
    expect((await failure(led)).message).toBe("The host inner.example.org is not a public one.");
    expect(reached).toBe(0);
  });

  it("follows three redirects, and no more", async () => {
    const from = sink.requests.length;
    sink.answerWith(({ path }) =>
      path === "/3" ? 200 : { status: 308, headers: { location: `/${Number(path.slice(1)) + 1}` } },
    );
    expect((await http.request({ method: "POST", url: `${sink.url}/0`, body: "b" })).status).toBe(200);
    expect(sink.requests.slice(from).map(({ method, path, text }) => `${method} ${path} ${text}`)).toEqual([
      "POST /0 b",
      "POST /1 b",
      "POST /2 b",
      "POST /3 b",
    ]);

    sink.answerWith({ status: 308, headers: { location: "/again" } });
    expect((await failure(http.request({ method: "GET", url: sink.url }))).message).toBe(
      "It redirects more than 3 times.",
    );
  });

  it("makes no GET of a POST", async () => {
    for (const status of [301, 302, 303]) {
      sink.answerWith(({ path }) => (path === "/there" ? 200 : { status, headers: { location: "/there" } }));
      expect((await http.request({ method: "POST", url: sink.url })).status).toBe(status);
      expect((await http.request({ method: "GET", url: sink.url })).status).toBe(200);
    }
  });

  it("tells credentials to nobody but who they are for", async () => {
    await using other = await webhookSink();
    const headers = { Authorization: "Bearer t", cookie: "c=1", "x-kept": "1" };
    sink.answerWith(({ path }) => ({ status: 307, headers: { location: path === "/" ? "/here" : other.url } }));

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

  it("uses no proxy of the environment", async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      HTTP_PROXY: `http://127.0.0.1:${port}`,
      http_proxy: `http://127.0.0.1:${port}`,
      NODE_USE_ENV_PROXY: "1",
    });
    expect((await openHttp(reach).request({ method: "GET", url: sink.url })).status).toBe(200);
    process.env = before;
    expect(reached).toBe(0);
  });
});
