import { createHmac } from "node:crypto";
import { definePlugin, need, type RouteRequest, type RouteRewrite } from "@kintoun/kit";
import { withBucketId } from "./bucket-id.ts";

const PLACE = "/buckets/default";

/** A bucket for each user, at the same path for all; it and its collections are made when they are first used. */
export const defaultBucket = definePlugin({
  name: "default-bucket",
  about: "The bucket named default is each user's own; it and its collections are made when they are first used.",
  url: "https://kinto.readthedocs.io/en/latest/api/1.x/buckets.html#personal-bucket-default",
  needs: () => ({ secret: need.storeSecret("default_bucket_hmac_secret") }),
  setup: ({ resources: { secret } }) => ({ bucketOf: async (user: string) => bucketId(await secret(), user) }),
  userInfo: async (user, { services }) => ({ bucket: await services.bucketOf(user) }),
  routes: {
    "ANY /buckets/default": {
      about: "The asker's own bucket.",
      rewrite: (call, { services }) => toOwn(call, services.bucketOf),
    },
    "ANY /buckets/default/*": {
      about: "The asker's own bucket.",
      rewrite: (call, { services }) => toOwn(call, services.bucketOf),
    },
  },
});

const toOwn = async (call: RouteRequest, bucketOf: (user: string) => Promise<string>): Promise<RouteRewrite> => {
  const bucket = await bucketOf(call.requireUser());
  const own = `/buckets/${bucket}`;
  const below = call.path.slice(PLACE.length);
  const [, collection] = /^\/collections\/([^/]+)/.exec(below) ?? [];
  // What PUT itself makes, it makes of what the request says.
  const made = call.method === "PUT" ? own + below : undefined;
  const ensure = [own, ...(collection === undefined ? [] : [`${own}/collections/${collection}`])].filter(
    (uri) => uri !== made,
  );
  const body =
    call.method === "PATCH" && isNothing(call)
      ? { data: {} }
      : below === ""
        ? withBucketId(call.json(), bucket)
        : undefined;
  return { path: own + below, ensure, body };
};

/** Whether a request has no body; what is wrong with one is told later. A patch of nothing is a patch here, as in Kinto. */
const isNothing = ({ json }: RouteRequest): boolean => {
  try {
    return json() === undefined;
  } catch {
    return false;
  }
};

/** A UUID that nobody can guess, from the user's id. */
const bucketId = (secret: string, user: string): string => {
  const digest = createHmac("sha256", secret).update(user).digest("hex");
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    digest.slice(12, 16),
    digest.slice(16, 20),
    digest.slice(20, 32),
  ].join("-");
};
