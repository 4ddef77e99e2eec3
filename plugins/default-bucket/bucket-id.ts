import type { Json } from "@kintoun/kit";

/** The body with the bucket's own id where it says `default`. */
export const withBucketId = (body: Json | undefined, bucket: string): Json | undefined => {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  const { data } = body;
  if (typeof data !== "object" || data === null || Array.isArray(data) || typeof data.id !== "string") return body;
  return { ...body, data: { ...data, id: data.id.replace("default", bucket) } };
};
