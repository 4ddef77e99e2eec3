import { describe, expect, it } from "@jest/globals";
import { Disposables } from "../../lib/util/disposables.ts";
import { listenOnPort } from "../../local/server.ts";
import { waitUntil } from "../wait-until.ts";

describe("listenOnPort", () => {
  it("delays requests until serve is called, and finishes running requests on close", async () => {
    const server = await listenOnPort(0, new Disposables(() => undefined));
    const early = fetch(server.origin);
    let finish = () => {};
    let requests = 0;
    server.serve((request, response) => {
      requests++;
      if (request.url === "/slow") finish = () => response.end("late");
      else response.end("early");
    });
    expect(await (await early).text()).toBe("early");

    const slow = fetch(`${server.origin}/slow`);
    await waitUntil("the second request arrives", () => requests === 2);
    const closed = server.close();
    await expect(fetch(server.origin)).rejects.toThrow();
    finish();
    await closed;

    expect(await (await slow).text()).toBe("late");
  });
});

it("Disposables runs every step in reverse order, also when one fails", async () => {
  const done: string[] = [];
  const steps = new Disposables(() => undefined);
  steps.add(() => done.push("first"));
  steps.add(
    async () => {
      throw new Error("broken");
    },
    () => done.push("last"),
  );

  await steps.dispose();
  await steps.dispose();

  expect(done).toEqual(["last", "first"]);
});
