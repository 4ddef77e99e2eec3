import { defineConfig } from "kintoun";
import { accounts } from "kintoun/plugins/accounts";
import { console } from "kintoun/plugins/console";
import { defaultBucket } from "kintoun/plugins/default-bucket";
import { history } from "kintoun/plugins/history";
import { search } from "kintoun/plugins/search";
import { hello } from "./plugins/hello/index.ts";

export default defineConfig({
  plugins: [accounts({ writePrincipals: ["account:admin"] }), defaultBucket(), search(), hello()],
  // On this machine anyone can register. In AWS only the administrator creates accounts.
  local: [
    accounts({ createPrincipals: ["system.Everyone"], writePrincipals: ["account:admin"] }),
    console({ administrators: ["account:admin"] }),
    history(),
  ],
});
