import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { openOpenSearch } from "../../adapters/search/opensearch/engine.ts";
import { parseSearch } from "../../core/search/request.ts";
import { answerOfEmptyIndex, describeOneCollection, ONE_INDEX, writeOf } from "../adapters/search/one-collection.ts";
import { allows, roleOf } from "./roles.ts";
import { PLUGINS, synthesize } from "./synthesize.ts";

/** Starts an OpenSearch without documents that records the calls that IAM would check. */
const startRecordingDomain = async () => {
  const calls: { action: string; resource: string }[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(String(request.url), "http://domain");
    const method = String(request.method);
    calls.push({
      action: `es:ESHttp${method[0]}${method.slice(1).toLowerCase()}`,
      resource: `arn:<AWS::Partition>:es:<AWS::Region>:<AWS::AccountId>:domain/finder${pathname}`,
    });
    const body = answerOfEmptyIndex(`${method} ${pathname}`);
    request.resume().on("end", () => response.setHeader("content-type", "application/json").end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const node = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const engine = openOpenSearch({ node }, describeOneCollection());
  const stop = async () => {
    await engine.close();
    server.closeAllConnections();
    server.close();
  };
  return { engine, node, calls, [Symbol.asyncDispose]: stop };
};

describe("permissions on the search domain", () => {
  const stack = synthesize(PLUGINS, { validate: true });
  const query = parseSearch({ query: { match: { title: "sea" } } });
  const deniedCalls = (about: string, calls: readonly { action: string; resource: string }[]) =>
    calls.filter((call) => !allows(roleOf(stack, stack.lambda(about)), call));

  it("allow the search function to search but not to write", async () => {
    await using domain = await startRecordingDomain();
    await domain.engine.search([ONE_INDEX], query);
    expect(deniedCalls("serves searches", domain.calls)).toEqual([]);

    await domain.engine.write([writeOf("r", null)]);
    expect(deniedCalls("serves searches", domain.calls)).not.toEqual([]);
  });

  it("allow api to read the health and to search", async () => {
    await using domain = await startRecordingDomain();
    await domain.engine.ping();
    expect(domain.calls).toHaveLength(1);
    expect(deniedCalls("serves the HTTP API", domain.calls)).toEqual([]);
    expect(deniedCalls("serves searches", domain.calls)).toEqual(domain.calls);

    await domain.engine.search([ONE_INDEX], query);
    expect(domain.calls).toHaveLength(3);
    expect(deniedCalls("serves the HTTP API", domain.calls)).toEqual([]);
  });

  it("do not allow api to write", async () => {
    await using domain = await startRecordingDomain();
    await domain.engine.write([writeOf("r")]);
    expect(domain.calls).not.toEqual([]);
    expect(deniedCalls("serves the HTTP API", domain.calls)).toEqual(domain.calls);
  });

  it("allow the plugin's worker to write, search and read the health", async () => {
    await using domain = await startRecordingDomain();
    await domain.engine.write([writeOf("r"), writeOf("s", null)]);
    await domain.engine.drop("i");
    await domain.engine.ping();
    await domain.engine.search([ONE_INDEX], query);

    expect(domain.calls.length).toBeGreaterThanOrEqual(5);
    expect(deniedCalls("runs the listener search-index", domain.calls)).toEqual([]);
    expect(deniedCalls("runs the listener email-notify", domain.calls)).toEqual(domain.calls);
  });

  it("allow the plugin's worker to rebuild and repair indexes", async () => {
    await using domain = await startRecordingDomain();
    const { maintenance } = openOpenSearch(
      { node: domain.node },
      { ...describeOneCollection(), store: { ...describeOneCollection().store, walk: async () => ({ objects: [] }) } },
    );
    const options = {
      documents: async () => ({ document: null }),
      isIndexed: () => true,
      signal: new AbortController().signal,
      onWrites: () => {},
      onStep: () => {},
    };
    await maintenance?.reindexType("record", options);
    await maintenance?.rollBack("record", options);
    await maintenance?.check({ ...options, repair: true });

    expect(domain.calls.map(({ resource }) => resource.split("/").at(-1))).toContain("_aliases");
    expect(deniedCalls("runs the listener search-index", domain.calls)).toEqual([]);
  });
});
