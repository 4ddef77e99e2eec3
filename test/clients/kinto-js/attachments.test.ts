import { describe, expect, it } from "@jest/globals";
import { createCollection, getServerUrl, matchError } from "./client.ts";

const createDataUri = (name: string) => `data:text/plain;name=${name};base64,${btoa("Hello")}`;
const HELLO = createDataUri("hello.txt");

describe("addAttachment", () => {
  it("attaches a file to a new record, and to an existing one", async () => {
    const { collection } = await createCollection();

    const created = await collection.addAttachment(HELLO, { id: "one", title: "One" });
    expect(created).toMatchObject({
      data: { id: "one", title: "One", attachment: { filename: "hello.txt", mimetype: "text/plain", size: 5 } },
    });
    const { data } = (await collection.addAttachment(createDataUri("second.txt"), { id: "one" })) as {
      data: { attachment: { location: string } };
    };
    expect(data).toMatchObject({ title: "One", attachment: { filename: "second.txt" } });
    const { client } = await createCollection();
    const { attachments } = (await client.fetchServerCapabilities()) as Record<string, { base_url?: string }>;
    expect(data.attachment.location.startsWith(attachments?.base_url ?? "?")).toBe(true);
    // Another user may not read it.
    expect((await fetch(new URL(data.attachment.location, getServerUrl()))).status).toBe(401);
  });

  it("fails if the record has changed", async () => {
    const { collection } = await createCollection();
    await collection.createRecord({ id: "one" });

    const attached = collection.addAttachment(HELLO, { id: "one" }, { safe: true, last_modified: 1 });
    await expect(attached).rejects.toMatchObject(matchError(412, 114));
  });
});

describe("removeAttachment", () => {
  it("leaves the record without its file", async () => {
    const { collection } = await createCollection();
    await collection.addAttachment(HELLO, { id: "one", title: "One" });

    await collection.removeAttachment("one");

    await expect(collection.getRecord("one")).resolves.toMatchObject({ data: { title: "One", attachment: null } });
  });
});
