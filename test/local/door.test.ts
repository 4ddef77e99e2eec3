import { expect, it } from "@jest/globals";
import { createJsonLog } from "../../core/ports/log.ts";
import { Undo } from "../../lib/util/disposables.ts";
import { takePort } from "../../local/door.ts";

const undo = () => new Undo(createJsonLog(() => {}));

it("lets those wait who come before it is opened, and those end who are inside when it is shut", async () => {
  const door = await takePort(0, undo());
  const early = fetch(door.root);
  let leave = () => {};
  let inside = 0;
  door.open((request, response) => {
    inside++;
    if (request.url === "/slow") leave = () => response.end("late");
    else response.end("early");
  });
  expect(await (await early).text()).toBe("early");

  const slow = fetch(`${door.root}/slow`);
  while (inside < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const shut = door.shut();
  await expect(fetch(door.root)).rejects.toThrow();
  leave();
  await shut;

  expect(await (await slow).text()).toBe("late");
});

it("undoes every step, the last first, whatever becomes of one", async () => {
  const done: string[] = [];
  const steps = undo();
  steps.add(() => done.push("first"));
  steps.add(
    async () => {
      throw new Error("broken");
    },
    () => done.push("last"),
  );

  await steps.run();
  await steps.run();

  expect(done).toEqual(["last", "first"]);
});
