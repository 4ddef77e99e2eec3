import { createHmac } from "node:crypto";
import { definePlugin, type Json, need, type RouteRequest, type RouteRewrite } from "@kintoun/kit";

const DEFAULT_BUCKET_URI = "/buckets/default";

/** Gives each user a bucket at the path `/buckets/default`. The first request to it or a collection creates them. */
export const defaultBucket = definePlugin({
  name: "default-bucket",
  about: "Gives each user a bucket at the path /buckets/default, created when it is first used.",
  url: "https://kinto.readthedocs.io/en/latest/api/1.x/buckets.html#personal-bucket-default",
  needs: () => ({ secret: need.storeSecret("default_bucket_hmac_secret") }),
  setup: ({ resources: { secret } }) => ({ getBucketId: async (user: string) => deriveBucketId(await secret(), user) }),
  userInfo: async (user, { services }) => ({ bucket: await services.getBucketId(user) }),
  routes: {
    "ANY /buckets/default": {
      about: "The user's own bucket.",
      rewrite: (call, { services }) => rewriteToOwnBucket(call, services.getBucketId),
    },
    "ANY /buckets/default/*": {
      about: "The user's own bucket.",
      rewrite: (call, { services }) => rewriteToOwnBucket(call, services.getBucketId),
    },
  },
});

const rewriteToOwnBucket = async (
  call: RouteRequest,
  getBucketId: (user: string) => Promise<string>,
): Promise<RouteRewrite> => {
  const bucket = await getBucketId(call.requireUser());
  const own = `/buckets/${bucket}`;
  const below = call.path.slice(DEFAULT_BUCKET_URI.length);
  const [, collection] = /^\/collections\/([^/]+)/.exec(below) ?? [];
  // A PUT creates its own object from the request.
  const created = call.method === "PUT" ? own + below : undefined;
  const ensure = [own, ...(collection === undefined ? [] : [`${own}/collections/${collection}`])].filter(
    (uri) => uri !== created,
  );
  const body =
    call.method === "PATCH" && hasNoBody(call)
      ? { data: {} }
      : below === ""
        ? replaceBucketId(call.json(), bucket)
        : undefined;
  return { path: own + below, ensure, body };
};

/** Whether a request has no body. Invalid bodies are reported later. As in Kinto, a PATCH here may have no body. */
const hasNoBody = ({ json }: RouteRequest): boolean => {
  try {
    return json() === undefined;
  } catch {
    return false;
  }
};

/** Derives a bucket id from a user id. No one can guess it without the secret. */
const deriveBucketId = (secret: string, user: string): string => {
  const digest = createHmac("sha256", secret).update(user).digest("hex");
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    digest.slice(12, 16),
    digest.slice(16, 20),
    digest.slice(20, 32),
  ].join("-");
};

/** Replaces `default` in the id of the body's data with the bucket's own id. */
export const replaceBucketId = (body: Json | undefined, bucket: string): Json | undefined => {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  const { data } = body;
  if (typeof data !== "object" || data === null || Array.isArray(data) || typeof data.id !== "string") return body;
  return { ...body, data: { ...data, id: data.id.replace("default", bucket) } };
};
