import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startTestStore, startWebhookSink, type TestStore, type WebhookRequest } from "@kintoun/testing";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { webhooks } from "../../plugins/webhooks/index.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/plugins/webhooks.md"), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, text = ""]) => text);
const [metadata, payload] = blocks("json").map((text) => JSON.parse(text));
const C = "/buckets/shop/collections/orders";

mkdirSync(join(root, ".kintoun"), { recursive: true });
const folder = mkdtempSync(join(root, ".kintoun/receivers-"));

describe("docs/plugins/webhooks.md", () => {
  let store: TestStore;
  let sink: Awaited<ReturnType<typeof startWebhookSink>>;
  let request: WebhookRequest;
  let secret: string;

  beforeAll(async () => {
    sink = await startWebhookSink();
    store = await startTestStore({ plugins: [basicauth(), webhooks({ private: true })] });
    const { webhooks: hooks } = metadata.data;
    await store.put("/buckets/shop");
    await store.put(C);
    await store.patch(C, { data: { webhooks: hooks.map((hook: object) => ({ ...hook, url: sink.url })) } });
    await store.put(`${C}/records/one`, { data: { price: 3 } });
    [request] = (await sink.waitForRequests(1)) as [WebhookRequest];
    [secret] = (await store.get(`${C}/webhooks/orders`)).body.data.secrets;
  });
  afterAll(async () => {
    await store.close();
    await sink.close();
    rmSync(folder, { recursive: true });
  });

  it("has metadata that a collection can store", async () => {
    await using strict = await startTestStore({ plugins: [webhooks()] });
    await strict.put("/buckets/shop");
    expect((await strict.put(C, metadata)).status).toBe(201);
  });

  it("has the body of a request", () => {
    const at = request.body.data.event.timestamp;
    const shown = JSON.parse(
      JSON.stringify(payload)
        .replaceAll(String(payload.data.event.timestamp), String(at))
        .replace(payload.timestamp, new Date(at).toISOString())
        .replace("basicauth:alice", request.body.data.event.user_id),
    );
    expect(request.body).toEqual(shown);
    expect(request.body.data.event.user_id).toMatch(/^basicauth:/);
  });

  it("has a receiver in TypeScript that accepts only valid signatures", async () => {
    const file = join(folder, "receiver.ts");
    writeFileSync(file, blocks("ts").find((text) => text.startsWith("// receiver.ts")) ?? "");
    const { verify } = await import(pathToFileURL(file).href);

    expect(verify(request.headers, request.text, secret)).toEqual(request.body);
    expect(() => verify(request.headers, `${request.text} `, secret)).toThrow("The signature is invalid");
    expect(() => verify({ ...request.headers, "webhook-timestamp": "1" }, request.text, secret)).toThrow(
      "The message is too old",
    );
    expect(() => verify({}, request.text, secret)).toThrow("The message is too old");
  });

  it("has a receiver in Python that accepts only valid signatures", () => {
    const [receiver = ""] = blocks("python");
    const script = `${receiver}\nimport sys\nrequest = json.load(sys.stdin)\nprint(json.dumps(verify(request["headers"], request["body"].encode(), request["secret"])))`;
    const python = (body: string, headers = request.headers) =>
      execFileSync("python3", ["-c", script], {
        input: JSON.stringify({ headers, body, secret }),
        encoding: "utf8",
        stdio: ["pipe", "pipe", "pipe"],
      });

    expect(JSON.parse(python(request.text))).toEqual(request.body);
    expect(() => python(`${request.text} `)).toThrow("The signature is invalid");
    expect(() => python(request.text, { ...request.headers, "webhook-timestamp": "1" })).toThrow(
      "The message is too old",
    );
  });

  it("has all routes, actions and options", async () => {
    const api = Object.keys((await store.get("/__api__")).body.paths).filter((path) => path.includes("/webhooks"));
    for (const path of api)
      expect(page).toContain(path.replace(/^.*\/webhooks/, "GET …/webhooks").replace(/\{hook\}/, "{id}"));
    expect(api).toHaveLength(4);
    const actions = [...JSON.stringify((await store.get(`${C}/actions`)).body).matchAll(/"name":"([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect([...page.matchAll(/…\/actions\/([\w-]+)/g)].map(([, name]) => name).sort()).toEqual(actions.sort());
    for (const option of ["hooks", "collectionHooks", "publish", "private"])
      expect(page).toContain(`\n| \`${option}\` |`);
  });
});
