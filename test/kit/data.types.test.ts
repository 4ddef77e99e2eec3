import { describe, expect, it } from "@jest/globals";
import { type Data, definePlugin, need } from "@kintoun/kit";

/** Each of the calls below is checked by tsc: an expected error that does not come is an error itself. None of them is run. */
const compiled = (_: () => unknown): void => expect(true).toBe(true);
const named = { name: "x", about: "Is a test." };

describe("the compiler tells who works on data", () => {
  it("that a permission is none, or its places are no list", () => {
    // @ts-expect-error `read` is meant
    compiled(() => need.data({ raed: ["/buckets/b"] }));
    // @ts-expect-error places are a list
    compiled(() => need.data({ read: "/buckets/b" }));
    compiled(() =>
      need.data({
        read: ["/buckets/*"],
        write: [],
        shared: ["/buckets/b"],
        "record:create": ["/buckets/b/collections/c"],
      }),
    );
  });

  it("that no data was asked for", () => {
    // @ts-expect-error it states no need
    compiled(() => definePlugin({ ...named, setup: ({ resources }) => resources.data }));
    compiled(() =>
      definePlugin({
        ...named,
        needs: () => ({ data: need.data({}) }),
        setup: ({ resources }) => ({ data: resources.data }),
      }),
    );
  });

  it("what a call takes and gives", () => {
    compiled(() => async (data: Data) => {
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
});

describe("the compiler tells who has commands, indexes or publishers", () => {
  it("that something about them is wrong", () => {
    // @ts-expect-error a command says what it is about
    compiled(() => definePlugin({ ...named, commands: { go: { run: () => {} } } }));
    // @ts-expect-error lines are texts
    compiled(() => definePlugin({ ...named, commands: { go: { about: "Goes.", run: ({ print }) => print(5) } } }));
    // @ts-expect-error a document is an object
    compiled(() => definePlugin({ ...named, indexes: { all: { about: "All.", document: () => "text" } } }));
    compiled(() =>
      // @ts-expect-error listeners are named
      definePlugin({ ...named, publishers: { tell: { about: "Tells.", from: () => [5], publish: async () => {} } } }),
    );
    compiled(() =>
      // @ts-expect-error items are objects
      definePlugin({ ...named, listeners: { hear: { on: ["record.create"], run: () => ({ publish: ["text"] }) } } }),
    );
  });
});
