import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { findFreeAddress } from "../../local/server.ts";
import { cleanClone } from "../cli/clean-clone.ts";
import { blocksOf } from "../cli/follow.ts";
import { commandOutput } from "../cli/run-command.ts";
import { waitUntil } from "../wait-until.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/** Enough for a section: npm, one or two starts of the store, and workers. */
const TIMEOUT_MS = 180_000;
const ALICE = /basicauth:[0-9a-f]{64}/;

/** Joins the lines that quoted-printable (RFC 2045) has split. */
const joinSoftLineBreaks = (mail: string): string => mail.replace(/=\r?\n/g, "");

/** Follows the guide literally, on other addresses. */
describe("docs/guides/notifications.md", () => {
  const terminals: Terminal[] = [];
  let clone: string;
  let mailAddress: Awaited<ReturnType<typeof findFreeAddress>>;
  let store: Terminal | undefined;
  let mailServer: Terminal | undefined;
  let api: string;

  beforeAll(async () => {
    clone = await cleanClone();
    mailAddress = await findFreeAddress();
  });
  afterAll(async () => {
    for (const terminal of [store, ...terminals]) await terminal?.end();
    await rm(dirname(clone), { recursive: true, force: true });
  });

  const startStore = async () => {
    await store?.end();
    store = openTerminal("npm start -- --port 0", clone);
    api = (await store.waitFor(/API +(\S+)[\s\S]*Ctrl-C/))[1] ?? "";
    return store;
  };
  const withMailAddress = (text: string): string =>
    text
      .replaceAll('host: "localhost", port: 1025', `host: "${mailAddress.host}", port: ${mailAddress.port}`)
      .replaceAll('listen(1025, "localhost"', `listen(${mailAddress.port}, "${mailAddress.host}"`);
  const openTerminalInClone = (command: string) => {
    const terminal = openTerminal(withMailAddress(command), clone);
    terminals.push(terminal);
    return terminal;
  };
  /** Follows a section. @returns the output of its last command, and the terminals of its workers */
  const follow = async (heading: string) => {
    const workers: Terminal[] = [];
    let output = "";
    for (const { language, text } of await blocksOf("guides/notifications.md", heading)) {
      if (language === "ts") {
        const file = /^\/\/ (\S+)\n/.exec(text)?.[1] ?? "";
        await writeFile(join(clone, file), withMailAddress(text));
      } else if (text === "npm start") await startStore();
      else if (language === "sh" && text.includes("SMTPServer")) {
        mailServer = openTerminalInClone(text);
        await mailServer.waitFor(/The mail server listens/);
      } else if (language === "sh" && text.includes("-- worker ")) {
        const worker = openTerminalInClone(text);
        await worker.waitFor(/Ctrl-C/);
        workers.push(worker);
      } else if (language === "sh")
        output = await commandOutput(text.replaceAll("http://localhost:8888/v1", api), clone);
    }
    return { output, workers };
  };

  it(
    "sends a mail from a hook, within the request",
    async () => {
      const { output } = await follow("Within the request");

      expect(store?.output()).toContain("Setting up 'send-email' listener");
      expect(JSON.parse(output)).toMatchObject({ data: { note: "kinto" } });
      await mailServer?.waitFor(/User id: [\w:=\s]{76}/);
      const mail = joinSoftLineBreaks(mailServer?.output() ?? "");
      expect(mail).toMatch(/^From: postmaster@example\.org$/m);
      expect(mail).toMatch(/^To: kinto@example\.org$/m);
      expect(mail).toMatch(/^Subject: record created$/m);
      expect(mail).toMatch(new RegExp(`^User id: ${ALICE.source}`, "m"));
    },
    TIMEOUT_MS,
  );

  it(
    "sends the same mail from the email plugin",
    async () => {
      await follow("With the email plugin");

      expect(store?.output()).toContain("Setting up 'email' listener");
      const page = async (): Promise<string> => (await fetch(new URL("/__mail__", api))).text();
      await waitUntil("the mail arrives", async () => (await page()).includes("record created"));
      expect(joinSoftLineBreaks(await page())).toMatch(new RegExp(`User id: ${ALICE.source}`));
    },
    TIMEOUT_MS,
  );

  it(
    "runs a listener in a separate worker process after the response",
    async () => {
      const { output, workers } = await follow("On a queue");
      const [worker, echo] = workers as [Terminal, Terminal];
      const { data } = JSON.parse(output);

      const [line] = await worker.waitFor(/^\{.*"resource_name".*\}$/m);
      const payload = JSON.parse(line);
      expect(payload).toMatchObject({
        resource_name: "record",
        action: "create",
        user_id: expect.stringMatching(ALICE),
        timestamp: data.last_modified,
        uri: expect.stringMatching(new RegExp(`^/buckets/[^/]+/collections/assets/records/${data.id}$`)),
        collection_id: "assets",
        record_id: data.id,
      });
      expect(payload.uri).toContain(`/buckets/${payload.bucket_id}/`);

      await echo.waitFor(new RegExp(`"record_id":"${data.id}"`));
      const echoed = [...echo.output().matchAll(/^\{"event".*$/gm)].map(([text]) => JSON.parse(text));
      expect(echoed.map(({ event: { resource_name, action } }) => `${resource_name}.${action}`)).toEqual([
        "collection.create",
        "record.create",
      ]);
      expect(echoed.at(-1).impacted_records).toEqual([{ new: data }]);
    },
    TIMEOUT_MS,
  );
});
