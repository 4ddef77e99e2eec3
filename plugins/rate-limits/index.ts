import { definePlugin, need, refuse } from "@kintoun/kit";
import { createExemptions } from "./exemptions.ts";
import { createLimiter, type Usage } from "./limiter.ts";
import { exemptGroups, options } from "./options.ts";

/** Limits how many requests a user or an address may send. */
export const rateLimits = definePlugin({
  name: "rate-limits",
  about: "Limits the number of requests per user and address.",
  config: options,
  needs: (config) => ({ state: need.state(), data: need.data({ read: exemptGroups(config) }) }),
  setup: ({ config, resources: { state, data }, now, log }) => ({
    count: createLimiter(config.limits, { state, now, log }),
    isExempt: createExemptions(config.exempt, exemptGroups(config), { data, now }),
  }),
  filters: {
    limit: {
      about: "Refuses requests above the limits with 429.",
      request: async (request, { services: { count, isExempt } }) => {
        if (await isExempt(request.user)) return undefined;
        const exceeded = (await count(request)).filter(({ remaining }) => remaining < 0);
        const [first] = exceeded.toSorted((a, b) => b.seconds - a.seconds);
        if (first === undefined) return undefined;
        const { limit, seconds } = first;
        throw refuse(
          429,
          `More than ${limit.requests} requests within ${limit.seconds} s (limit '${limit.name}'). Send the request again after ${seconds} s.`,
          { headers: { "Retry-After": String(seconds), ...toHeaders(first) } },
        );
      },
    },
  },
});

/**
 * The headers of the present draft of the IETF.
 * https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10
 */
const toHeaders = ({ limit: { name, requests, seconds: window }, remaining, seconds }: Usage) => ({
  "RateLimit-Policy": `"${name}";q=${requests};w=${window}`,
  RateLimit: `"${name}";r=${Math.max(remaining, 0)};t=${seconds}`,
});
