/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { type Data, definePlugin, need } from "@kintoun/kit";

const named = { name: "x", about: "Is a test." };

// Permissions of `need.data` are valid names with lists of URIs.
void (() => {
  // @ts-expect-error `read` is meant
  void need.data({ raed: ["/buckets/b"] });
  // @ts-expect-error places are a list
  void need.data({ read: "/buckets/b" });
  void need.data({
    read: ["/buckets/*"],
    write: [],
    shared: ["/buckets/b"],
    "record:create": ["/buckets/b/collections/c"],
  });
});

// A resource that is not needed is not available.
void (() => {
  // @ts-expect-error it states no need
  void definePlugin({ ...named, setup: ({ resources }) => resources.data });
  void definePlugin({
    ...named,
    needs: () => ({ data: need.data({}) }),
    setup: ({ resources }) => ({ data: resources.data }),
  });
});

// Calls of data have typed arguments and results.
void (() => {
  void (async (data: Data) => {
    const found = await data.get("/buckets/b");
    // @ts-expect-error there may be none
    const id = found.data.id;
    // @ts-expect-error data stands in `data`
    await data.create("/buckets/b/collections", { title: "x" });
    // @ts-expect-error principals are a list
    await data.replace("/buckets/b", { permissions: { read: "system.Everyone" } });
    // @ts-expect-error a query's values are texts
    data.list("/buckets", { _limit: 5 });
    // @ts-expect-error a list is walked
    const entries = await data.list("/buckets").length;
    for await (const { title } of data.list("/buckets")) void title;
    return [id, entries];
  });
});

// Commands, indexes and publishers have typed parts.
void (() => {
  // @ts-expect-error a command says what it is about
  void definePlugin({ ...named, commands: { go: { run: () => {} } } });
  // @ts-expect-error lines are texts
  void definePlugin({ ...named, commands: { go: { about: "Goes.", run: ({ print }) => print(5) } } });
  // @ts-expect-error a document is an object
  void definePlugin({ ...named, indexes: { all: { about: "All.", document: () => "text" } } });
  // @ts-expect-error listeners are named
  void definePlugin({ ...named, publishers: { tell: { about: "Tells.", from: () => [5], publish: async () => {} } } });
  // @ts-expect-error items are objects
  void definePlugin({ ...named, listeners: { hear: { on: ["record.create"], run: () => ({ publish: ["text"] }) } } });
});

// Numbers of data may be large: both types are accepted, and neither is assumed.
void (() => {
  void (async (data: Data) => {
    const { serial = null } = (await data.replace("/buckets/b", { data: { serial: 9007199254740993n } })).data;
    // @ts-expect-error it may be a bigint, which Math does not take
    Math.floor(serial);
    // @ts-expect-error a bigint is not a number
    if (typeof serial === "bigint") Math.floor(serial);
    return typeof serial === "bigint" ? serial + 1n : Number(serial) + 1;
  });
});
