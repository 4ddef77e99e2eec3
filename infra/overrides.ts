import type { Config } from "../config/config.ts";
import { pluginVariables } from "../config/plugin-variables.ts";

/**
 * The variables of functions for what was set by variables at synthesis and is not in their bundles. Secrets of plugins are
 * left out, because a function's environment is readable.
 */
export const overrideVariables = ({
  plugins,
  pluginVariables: variables,
  useridHmacSecret,
  defaultBucketHmacSecret,
}: Config): Record<string, string> => {
  const secret = pluginVariables(plugins, true);
  return {
    ...Object.fromEntries([...variables].filter(([variable]) => !secret.includes(variable))),
    ...(useridHmacSecret !== undefined && { KINTOUN_USERID_HMAC_SECRET: useridHmacSecret }),
    ...(defaultBucketHmacSecret !== undefined && { KINTOUN_DEFAULT_BUCKET_HMAC_SECRET: defaultBucketHmacSecret }),
  };
};
