import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { openOpenSearchDomain } from "../../../adapters/search/opensearch/domain.ts";
import { openOpenSearch } from "../../../adapters/search/opensearch/engine.ts";
import { IndexWriteError } from "../../../core/ports/search-engine.ts";
import { parseSearch } from "../../../core/search/request.ts";
import { answerOfEmptyIndex, describeOneCollection, ONE_INDEX, writeOf } from "./one-collection.ts";

/** A server that responds with `answer` and records its requests in `requests`. */
let server: Server;
let endpoint: string;
let requests: { readonly what: string; readonly body: string; readonly authorization: string | undefined }[];
let answer: (what: string, body: string) => { readonly status?: number; readonly body: unknown };

beforeEach(async () => {
  requests = [];
  answer = (what) => ({ body: answerOfEmptyIndex(what) });
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const what = `${request.method} ${request.url?.split("?")[0]}`;
    requests.push({ what, body, authorization: request.headers.authorization });
    const { status = 200, body: content } = answer(what, body);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const open = () => openOpenSearch({ node: endpoint }, describeOneCollection());
const nothing = answerOfEmptyIndex("POST /kintoun-record/_search") as object;

describe("openOpenSearch", () => {
  it("reports rejected writes, and ignores version conflicts", async () => {
    const items = [
      { index: { status: 201 } },
      { index: { status: 409, error: { type: "version_conflict_engine_exception" } } },
      { index: { status: 429, error: { type: "rejected", reason: "queue full" } } },
    ];
    answer = (what, body) => ({
      body: what === "POST /_bulk" && !body.includes("position") ? { errors: true, items } : answerOfEmptyIndex(what),
    });
    const engine = open();

    const error = await engine.write([writeOf("a"), writeOf("b"), writeOf("c")]).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(IndexWriteError);
    expect((error as IndexWriteError).rejected).toEqual([{ index: "i", id: "c", reason: "429 rejected queue full" }]);
    await engine.close();
  });

  it("lets only replays replace the same version", async () => {
    const engine = open();
    await engine.write([writeOf("a"), { ...writeOf("b"), replay: true }]);

    const lines = (requests.find(({ what }) => what === "POST /_bulk")?.body ?? "").trim().split("\n");
    const actions = lines.filter((_, n) => n % 2 === 0).map((line) => JSON.parse(line).index);
    const place = { _index: "kintoun-record", routing: "i", require_alias: true };
    expect(actions).toEqual([
      { ...place, _id: "i:a", version: 1, version_type: "external" },
      { ...place, _id: "i:b", version: 1, version_type: "external_gte" },
    ]);
    await engine.close();
  });

  it("puts the index template once, before the first write", async () => {
    const engine = open();
    await Promise.all([engine.write([writeOf("a")]), engine.write([writeOf("b")])]);
    await engine.write([]);

    const puts = requests.map(({ what }) => what).filter((what) => !what.endsWith("_mget"));
    expect(puts).toEqual(["PUT /_index_template/kintoun", "GET /_alias/kintoun-record", "POST /_bulk", "POST /_bulk"]);
    await engine.close();
  });

  it("puts the index template again after a failure", async () => {
    answer = () => ({ status: 403, body: { error: "no" } });
    const engine = open();
    await expect(engine.write([writeOf("a")])).rejects.toMatchObject({ statusCode: 403 });
    answer = (what) => ({ body: answerOfEmptyIndex(what) });

    await engine.write([writeOf("a")]);
    await engine.close();
  });

  it("splits large writes into several requests", async () => {
    const engine = open();
    await engine.write(Array.from({ length: 12 }, (_, n) => writeOf(`r${n}`, { text: "x ".repeat(150_000) })));

    const bulks = requests.filter(({ what }) => what === "POST /_bulk");
    expect(bulks.length).toBeGreaterThan(1);
    expect(Math.max(...bulks.map(({ body }) => body.length))).toBeLessThan(5_000_000);
    expect(bulks.flatMap(({ body }) => body.trim().split("\n")).length).toBe(24);
    await engine.close();
  });

  it("deletes old tombstones, and keeps writing if that fails", async () => {
    answer = (what) =>
      what.includes("_delete_by_query") ? { status: 403, body: { error: "no" } } : { body: answerOfEmptyIndex(what) };
    const engine = open();
    await engine.write([writeOf("a", null)]);
    await engine.write([writeOf("b", null)]);

    expect(requests.filter(({ what }) => what === "POST /kintoun-*/_delete_by_query")).toHaveLength(1);
    await engine.close();
  });

  it("tries a search again once when OpenSearch is not available", async () => {
    answer = () => ({ status: 503, body: {} });
    const engine = open();

    await expect(engine.search([ONE_INDEX], parseSearch({}))).rejects.toMatchObject({ name: "BACKEND" });
    expect(requests).toHaveLength(2);
    await engine.close();
  });

  it.each<[why: string, status: number, body: unknown]>([
    ["fails", 500, { error: { type: "search_phase_execution_exception" } }],
    ["rejects the search", 400, { error: { type: "illegal_argument_exception" } }],
    ["returns partial results", 200, { ...nothing, _shards: { failed: 1 } }],
    ["times out", 200, { ...nothing, timed_out: true }],
  ])("throws a 503 when OpenSearch %s", async (_, status, body) => {
    answer = () => ({ status, body });
    const engine = open();

    await expect(engine.search([ONE_INDEX], parseSearch({}))).rejects.toMatchObject({ name: "BACKEND" });
    await engine.close();
  });

  it("throws a 503, and fails a ping, when the server cannot be reached", async () => {
    const engine = openOpenSearch({ node: "http://127.0.0.1:1" }, describeOneCollection());

    await expect(engine.search([ONE_INDEX], parseSearch({}))).rejects.toMatchObject({ name: "BACKEND" });
    await expect(engine.ping()).rejects.toMatchObject({ name: "ConnectionError" });
    await engine.close();
  });
});

describe("openOpenSearchDomain", () => {
  const set = { AWS_ENDPOINT_URL_OPENSEARCH: "", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };
  const before = Object.keys(set).map((name) => [name, process.env[name]] as const);
  beforeEach(() => {
    Object.assign(process.env, set, { AWS_ENDPOINT_URL_OPENSEARCH: endpoint });
  });
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  it("reads the endpoint once, when it is first needed", async () => {
    // No server listens on port 1, so the search fails.
    answer = () => ({ body: { DomainStatus: { Endpoint: "127.0.0.1:1" } } });
    const engine = openOpenSearchDomain({ domain: "books", region: "eu-west-1" }, describeOneCollection());
    expect(requests).toEqual([]);

    await expect(engine.search([ONE_INDEX], parseSearch({}))).rejects.toMatchObject({ name: "BACKEND" });
    await expect(engine.search([ONE_INDEX], parseSearch({}))).rejects.toMatchObject({ name: "BACKEND" });

    expect(requests.map(({ what }) => what)).toEqual(["GET /2021-01-01/opensearch/domain/books"]);
    expect(requests[0]?.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d+\/eu-west-1\/es\/aws4_request/,
    );
    await engine.close();
  });

  it("reads the endpoint again while the domain is being created", async () => {
    answer = () => ({ body: { DomainStatus: {} } });
    const engine = openOpenSearchDomain({ domain: "books", region: "eu-west-1" }, describeOneCollection());

    await expect(engine.write([writeOf("a")])).rejects.toThrow("has no endpoint yet");
    await expect(engine.write([writeOf("a")])).rejects.toThrow("has no endpoint yet");
    expect(requests).toHaveLength(2);
    await engine.close();
  });
});
