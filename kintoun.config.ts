import { defineConfig } from "@kintoun/kit";
import { accounts } from "./plugins/accounts/index.ts";
import { admin } from "./plugins/admin/index.ts";
import { apiDocs } from "./plugins/api-docs/index.ts";
import { attachments } from "./plugins/attachments/index.ts";
import { basicauth } from "./plugins/basicauth/index.ts";
import { changes } from "./plugins/changes/index.ts";
import { console } from "./plugins/console/index.ts";
import { counters } from "./plugins/counters/index.ts";
import { csv } from "./plugins/csv/index.ts";
import { defaultBucket } from "./plugins/default-bucket/index.ts";
import { email } from "./plugins/email/index.ts";
import { eventbridge } from "./plugins/eventbridge/index.ts";
import { expiry } from "./plugins/expiry/index.ts";
import { file } from "./plugins/file/index.ts";
import { flush } from "./plugins/flush/index.ts";
import { history } from "./plugins/history/index.ts";
import { mcp } from "./plugins/mcp/index.ts";
import { ndjson } from "./plugins/ndjson/index.ts";
import { openid } from "./plugins/openid/index.ts";
import { quotas } from "./plugins/quotas/index.ts";
import { rateLimits } from "./plugins/rate-limits/index.ts";
import { search } from "./plugins/search/index.ts";
import { sns } from "./plugins/sns/index.ts";
import { tokens } from "./plugins/tokens/index.ts";
import { userData } from "./plugins/user-data/index.ts";
import { webhooks } from "./plugins/webhooks/index.ts";
import { xml } from "./plugins/xml/index.ts";

export default defineConfig({
  settings: { jobsWritePrincipals: ["account:admin"] },
  plugins: [accounts({ writePrincipals: ["account:admin"] }), defaultBucket()],
  // On a laptop only. To have them in AWS, move them to `plugins`: docs/operations/deploy.md says what each needs there.
  local: [
    // Anyone can register here. In AWS only the administrator creates accounts.
    accounts({
      createPrincipals: ["system.Everyone"],
      writePrincipals: ["account:admin"],
      attempts: { registrationsPerAddress: 10_000 },
    }),
    console({ administrators: ["account:admin"] }),
    history(),
    search(),
    email({ from: "kintoun@example.org", recipients: ["watcher@example.org"] }),
    admin(),
    apiDocs(),
  ],
  optional: [
    tokens({ administrators: ["account:admin"] }),
    mcp(),
    openid({
      providers: { google: { issuer: "https://accounts.google.com", clientId: "kintoun.apps.googleusercontent.com" } },
    }),
    basicauth(),
    flush(),
    xml(),
    csv(),
    ndjson(),
    changes({ resources: ["/buckets/public"] }),
    counters(),
    expiry({ rules: [{ collections: ["expiring"] }] }),
    userData(),
    quotas(),
    rateLimits(),
    attachments(),
    webhooks(),
    eventbridge(),
    sns({ arn: "arn:aws:sns:eu-central-1:123456789012:kintoun" }),
    file({ path: "published.ndjson" }),
  ],
});
