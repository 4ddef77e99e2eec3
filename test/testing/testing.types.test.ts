import { describe, expect, it } from "@jest/globals";
import {
  createChangeEvent,
  createRouteRequest,
  startTestStore,
  startWebhookSink,
  type TestStore,
} from "@kintoun/testing";

const uri = "/buckets/b/collections/c/records/r";

/** Looked at by the compiler, never run. */
const compiled = (mistake: () => unknown) => expect(typeof mistake).toBe("function");

describe("the types of the testing kit know", () => {
  it("what an event of an action has", () => {
    expect(createChangeEvent({ action: "create", uri }).new.id).toBe("r");
    expect(createChangeEvent({ action: "update", uri }).old.id).toBe("r");
    compiled(() => {
      // @ts-expect-error nothing is there any more
      createChangeEvent({ action: "delete", uri }).new.id;
    });
  });

  it("what a request's path and input hold", () => {
    const call = createRouteRequest({ path: "/hello/you", params: { name: "you" }, input: { query: { n: 1 } } });
    expect([call.params.name, call.input.query.n]).toEqual(["you", 1]);
    // @ts-expect-error the path has no such part
    compiled(() => call.params.nome);
  });
});

describe("the types of the testing kit refuse", () => {
  it("an event that can't be", () => {
    // @ts-expect-error nothing was there before
    compiled(() => createChangeEvent({ action: "create", uri, old: {} }));
    // @ts-expect-error nothing is there any more
    compiled(() => createChangeEvent({ action: "delete", uri, new: {} }));
    // @ts-expect-error there is no such action
    compiled(() => createChangeEvent({ action: "replace", uri }));
    // @ts-expect-error it happened to something
    compiled(() => createChangeEvent({ action: "create" }));
  });

  it("a request to nowhere, and a store of plugins that were not called with their options", () => {
    // @ts-expect-error a path is missing
    compiled(() => createRouteRequest({ method: "GET" }));
    // @ts-expect-error no list
    compiled(() => startTestStore({ plugins: {} }));
    // @ts-expect-error no such setting
    compiled(() => startTestStore({ settings: { pagniateBy: 5 } }));
  });

  it("what a store and a sink do not have", () => {
    compiled((store: TestStore = {} as TestStore) => {
      // @ts-expect-error GET has no body
      void store.get("/", { body: {} });
      // @ts-expect-error what came is not the test's to change
      store.mails.push();
    });
    // @ts-expect-error a status or an answer
    compiled(async () => (await startWebhookSink()).respondWith("OK"));
  });
});
