import { hash } from "node:crypto";
import { BUCKET, type Check, requireEqual, requireStatus } from "./check.ts";

const COVERS = `${BUCKET}/collections/covers`;
const CONTENT = "Hello, file";

/** Attachments: files in a bucket, by forms and by signed URLs. */
export const FILE_CHECKS: readonly Check[] = [
  {
    name: "attachments › are sent in forms and downloaded",
    needs: "attachments",
    run: async ({ store: { client, url }, as }) => {
      requireStatus(await client.put(COVERS, {}, as("alice")), 201, 200);
      const form = new FormData();
      form.append("attachment", new Blob([CONTENT], { type: "text/plain" }), "hello.txt");
      const sent = new Request(url, { method: "POST", body: form });
      const headers = { ...as("alice").headers, "content-type": sent.headers.get("content-type") ?? "" };
      const path = `${COVERS}/records/form/attachment`;
      requireStatus(await client.post(path, new Uint8Array(await sent.arrayBuffer()), { as: null, headers }), 201, 200);
      const answer = requireStatus(await client.get(path, as("alice")), 200);
      requireEqual("The file", answer.body, CONTENT);
      requireStatus(await client.get(path, as("bob")), 403);
    },
  },
  {
    name: "attachments › are uploaded by signed URLs",
    needs: "attachments",
    run: async ({ store: { client }, as }) => {
      const path = `${COVERS}/records/upload/attachment/uploads`;
      const body = { filename: "big.txt", mimetype: "text/plain", size: CONTENT.length, hash: hash("sha256", CONTENT) };
      const begun = requireStatus(await client.post(path, body, as("alice")), 201).body;
      requireStatus(await client.post(`${path}/${begun.id}`, {}, as("alice")), 409);
      const { "content-length": _, ...headers } = begun.headers;
      const put = await fetch(begun.url, { method: begun.method, headers, body: CONTENT });
      requireEqual("The status of the upload", put.status, 200);
      requireStatus(await client.post(`${path}/${begun.id}`, {}, as("alice")), 201, 200);
      const answer = requireStatus(await client.get(`${COVERS}/records/upload/attachment`, as("alice")), 200);
      requireEqual("The file", answer.body, CONTENT);
    },
  },
  {
    name: "attachments › end with their record",
    needs: "attachments",
    run: async ({ store: { client, drain, account }, as }) => {
      requireStatus(await client.delete(`${COVERS}/records/form`, as("alice")), 200);
      await drain();
      requireEqual("Whether there is a bucket for files", account.buckets.size > 0, true);
    },
  },
];
