/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { createChangeEvent, createRouteRequest, startTestStore, startWebhookSink } from "@kintoun/testing";

const uri = "/buckets/b/collections/c/records/r";

// An event has the fields of its action.
void (async () => {
  void createChangeEvent({ action: "create", uri }).new.id;
  void createChangeEvent({ action: "update", uri }).old.id;
  void (async () => {
    // @ts-expect-error nothing is there any more
    createChangeEvent({ action: "delete", uri }).new.id;
  });
});

// A request has typed parameters and input.
void (async () => {
  const call = createRouteRequest({ path: "/hello/you", params: { name: "you" }, input: { query: { n: 1 } } });
  void ([call.params.name, call.input.query.n] satisfies [string, number]);
  // @ts-expect-error the path has no such part
  void call.params.nome;
});

// Impossible events do not compile.
void (async () => {
  // @ts-expect-error nothing was there before
  void createChangeEvent({ action: "create", uri, old: {} });
  // @ts-expect-error nothing is there any more
  void createChangeEvent({ action: "delete", uri, new: {} });
  // @ts-expect-error there is no such action
  void createChangeEvent({ action: "replace", uri });
  // @ts-expect-error it happened to something
  void createChangeEvent({ action: "create" });
});

// A request has a path, and a store has called plugins.
void (async () => {
  // @ts-expect-error a path is missing
  void createRouteRequest({ method: "GET" });
  // @ts-expect-error no list
  void startTestStore({ plugins: {} });
  // @ts-expect-error no such setting
  void startTestStore({ settings: { pagniateBy: 5 } });
});

// A store and a sink have known members only.
void (async () => {
  void (async () => {
    // @ts-expect-error GET has no body
    void store.get("/", { body: {} });
    // @ts-expect-error what came is not the test's to change
    store.mails.push();
  });
  // @ts-expect-error a status or an answer
  void (await startWebhookSink()).respondWith("OK");
});
