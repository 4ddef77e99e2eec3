/** @slow */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { attachments } from "../../../plugins/attachments/index.ts";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../../plugins/default-bucket/index.ts";
import { createVenv } from "../../create-venv.ts";
import type { RunningEngine } from "../../engines/run-engine.ts";
import { startStore, type TestStore } from "../../start-store.ts";
import { startKinto } from "./start-kinto.ts";

const REQUIREMENTS = join(import.meta.dirname, "requirements-attachment.txt");
const folder = mkdtempSync(join(tmpdir(), "kintoun-attachments-"));
const RECORD = "/buckets/b/collections/c/records/r";
const ATTACHMENT = `${RECORD}/attachment`;

let kinto: RunningEngine;
let store: TestStore;
beforeAll(async () => {
  const bin = createVenv("kinto-attachment", REQUIREMENTS, ["--no-deps"]);
  const settings = {
    includes: "kinto.plugins.default_bucket kinto_attachment",
    "attachment.base_path": folder,
    "attachment.base_url": "/v1/attachments/",
    "attachment.max_size_bytes": "1000",
    "attachment.resources.b.named.randomize": "false",
    "attachment.mimetypes": ".csv:text/x-table",
  };
  kinto = await startKinto(settings, bin);
  const plugins = [
    basicauth(),
    defaultBucket(),
    attachments({
      maxBytes: 1000,
      mimetypes: { ".csv": "text/x-table" },
      resources: { "b/named": { randomize: false } },
    }),
  ];
  store = await startStore({ plugins });
}, 300_000);
afterAll(async () => {
  await store.close();
  await kinto[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Step {
  readonly method: string;
  readonly path: string;
  readonly user?: string | null;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string | readonly [content: string, name: string, type: string]>>;
  readonly contentType?: string;
}

const createForm = (fields: NonNullable<Step["form"]>): FormData => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") form.append(name, value);
    else form.append(name, new Blob([value[0]], { type: value[2] }), value[1]);
  }
  return form;
};

/** Sends a request and returns what both servers should have in common. */
const send = async (root: string, { method, path, user = "alice", json, form, contentType }: Step) => {
  const response = await fetch(`${root}${path}`, {
    method,
    headers: {
      ...(user !== null && { authorization: `Basic ${btoa(`${user}:secret`)}` }),
      ...(json !== undefined && { "content-type": "application/json" }),
      ...(contentType !== undefined && { "content-type": contentType }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    ...(form !== undefined && { body: createForm(form) }),
  });
  const text = await response.text();
  const body: unknown = text === "" ? undefined : JSON.parse(text, normalize);
  const location = response.headers.get("location");
  return {
    status: response.status,
    // Messages and errno of refused requests differ.
    ...(response.status < 400 && { body, location: location === null ? null : new URL(location, root).pathname }),
    hasEtag: response.headers.has("etag"),
  };
};

/** Replaces what differs in each run. */
const normalize = (key: string, value: unknown): unknown =>
  key === "last_modified"
    ? 0
    : key === "permissions"
      ? Object.keys(value as object).sort()
      : key === "location" && typeof value === "string"
        ? value.replace(/[0-9a-f-]{36}/, "ID")
        : value;

const TEXT = ["Hello", "hello.txt", "text/plain"] as const;
const post = (form: Step["form"], more: Partial<Step> = {}): Step => ({
  method: "POST",
  path: ATTACHMENT,
  ...(form && { form }),
  ...more,
});
const get: Step = { method: "GET", path: RECORD };

/** Fixed steps, which depend on those before. */
const STEPS: readonly Step[] = [
  { method: "PUT", path: "/buckets/b" },
  { method: "PUT", path: "/buckets/b/collections/c" },
  { method: "PUT", path: "/buckets/b/collections/named" },
  post({ attachment: TEXT }, { path: "/buckets/b/collections/none/records/r/attachment" }),
  post({ attachment: TEXT }, { user: null }),
  post({ attachment: TEXT }, { user: "bob" }),
  post({ data: "{}" }),
  post({ attachment: "text" }),
  post({ attachment: TEXT, data: "{" }),
  post({ attachment: TEXT, other: "{}" }),
  post({ attachment: TEXT, permissions: TEXT }),
  post({ attachment: ["x", "a.exe", "text/plain"] }),
  post({ attachment: ["x".repeat(1001), "a.txt", "text/plain"] }),
  post(undefined, { json: { data: {} } }),
  get,
  post({ attachment: TEXT, data: '{"title": "Hi"}', permissions: '{"read": ["system.Everyone"]}' }),
  get,
  post({ attachment: TEXT }, { user: "bob" }),
  post({ attachment: ["x".repeat(1000), "Grüße an alle.pdf", "application/x-protobuf"] }),
  post({ attachment: ["a,b", "a.csv", "text/plain"], data: '{"kind": "table"}' }),
  get,
  { method: "PATCH", path: RECORD, json: { data: { title: "Hello" } } },
  { method: "DELETE", path: ATTACHMENT, user: "bob" },
  { method: "DELETE", path: ATTACHMENT },
  get,
  { method: "DELETE", path: ATTACHMENT },
  post({ attachment: TEXT }),
  { method: "PUT", path: RECORD, json: { data: { title: "Without" } } },
  get,
  post({ attachment: TEXT }, { path: "/buckets/b/collections/named/records/one/attachment" }),
  post({ attachment: TEXT }, { path: "/buckets/b/collections/named/records/two/attachment" }),
  post({ attachment: TEXT }),
  // The last change, since Kinto's memory backend keeps what it refuses.
  { method: "PATCH", path: RECORD, json: { data: { attachment: { location: "/elsewhere" } } } },
  { method: "DELETE", path: RECORD },
];

describe("attachments", () => {
  it("answer as kinto-attachment", async () => {
    const [theirs, ours] = [`${kinto.endpoint}/v1`, store.url];
    for (const [index, step] of STEPS.entries()) {
      const expected = await send(theirs, step);
      const actual = await send(ours, step);
      expect({ index, step, ...actual }).toEqual({ index, step, ...expected });
    }
  });

  it("have a capability with the same field", async () => {
    const read = async (root: string) => {
      const { capabilities } = (await (await fetch(`${root}/`)).json()) as {
        capabilities: Record<string, { base_url?: string }>;
      };
      return capabilities.attachments?.base_url;
    };

    expect(await read(store.url)).toBe(await read(`${kinto.endpoint}/v1`));
  });
});
