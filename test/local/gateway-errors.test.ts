import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { HttpHandler } from "../../functions/http/pipeline.ts";
import { createGateway } from "../../local/gateway.ts";

let handler: HttpHandler;
let events: unknown[] = [];
let server: Server;
beforeAll(async () => {
  const handle = createGateway({
    route: () => (event) => {
      events.push(event);
      return handler(event);
    },
    page: async () => undefined,
  });
  server = createServer({ maxHeaderSize: 64 * 1024 }, handle).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => {
  events = [];
  jest.useRealTimers();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Writes parts of a raw request, and reads until the server or the response ends. */
const exchange = async (...parts: readonly (string | Buffer)[]) => {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => undefined);
  for (const part of parts) socket.write(part);
  let text = "";
  for await (const chunk of socket) {
    text += String(chunk);
    const [head = "", body = ""] = text.split("\r\n\r\n");
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    if (length !== undefined && body.length >= Number(length)) break;
  }
  socket.destroy();
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), head, body };
};

const GET = (target: string, header = "") =>
  `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${header && `X-Long: ${header}\r\n`}\r\n`;
const message = (text: string) => JSON.stringify({ message: text });

describe("the gateway", () => {
  beforeAll(() => {
    handler = async () => ({ statusCode: 200, body: "ok" });
  });

  it("answers 431 above 10,240 bytes of request line and header values", async () => {
    // "GET ", " HTTP/1.1" and "localhost" have 22 bytes.
    const target = `/v1/?in_id=${"a".repeat(10_240 - 22 - 11)}`;
    expect((await exchange(GET(target))).body).toBe("ok");
    for (const text of [GET(`${target}a`), GET("/v1/", "a".repeat(10_300)), GET("/", "a".repeat(40_000))]) {
      const { status, head, body } = await exchange(text);
      expect([status, body]).toEqual([431, message("Request Header Fields Too Large")]);
      expect(head).not.toMatch(/access-control/i);
      expect(head).toMatch(/^apigw-requestid: /im);
    }
    expect(events).toHaveLength(1);
  });

  it("answers 413 to a body above 10 MB, before it has arrived", async () => {
    const head = "POST /v1/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    const declared = await exchange(`${head}Content-Length: 10485761\r\n\r\n`);
    const chunk = `100000\r\n${" ".repeat(1024 * 1024)}\r\n`;
    const chunked = await exchange(`${head}Transfer-Encoding: chunked\r\n\r\n`, chunk.repeat(11));
    for (const { status, body } of [declared, chunked])
      expect([status, body]).toEqual([413, message("Request Entity Too Large")]);
    expect(events).toEqual([]);
  });

  it("answers 413 to an event above 6 MB, in which a text body is escaped", async () => {
    const post = (type: string, body: string) =>
      exchange(
        `POST /v1/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
        body,
      );
    for (const [type, body, status] of [
      ["application/json", " ".repeat(6_280_000), 200],
      ["application/json", " ".repeat(6_291_456), 413],
      ["application/json", '"'.repeat(3_140_000), 200],
      ["application/json", '"'.repeat(3_150_000), 413],
      ["application/octet-stream", " ".repeat(4_700_000), 200],
      ["application/octet-stream", " ".repeat(4_720_000), 413],
    ] as const)
      expect([type, body.length, (await post(type, body)).status]).toEqual([type, body.length, status]);
  });

  it("answers 500 if the function fails, or responds with more than 6 MB", async () => {
    for (const failing of [
      () => Promise.reject(new Error("crash")),
      async () => ({ statusCode: 200, body: "\n".repeat(3_200_000) }),
    ]) {
      handler = failing;
      const { status, body } = await exchange(GET("/v1/"));
      expect([status, body]).toEqual([500, message("Internal Server Error")]);
    }
  });

  it("answers 503 after 30 seconds, while the function goes on", async () => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask", "performance"] });
    const called = Promise.withResolvers<void>();
    handler = () => {
      called.resolve();
      return new Promise(() => undefined);
    };
    const answer = exchange(GET("/v1/"));
    await called.promise;
    jest.advanceTimersByTime(29_999);
    expect(jest.getTimerCount()).toBeGreaterThan(0);
    jest.advanceTimersByTime(1);
    const { status, body } = await answer;
    expect([status, body]).toEqual([503, message("Service Unavailable")]);
  });
});
