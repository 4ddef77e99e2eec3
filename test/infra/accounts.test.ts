import { expect, it } from "@jest/globals";
import { accounts } from "../../plugins/accounts/index.ts";
import { roleOf } from "./roles.ts";
import { synthesize } from "./synthesize.ts";

it("accounts send mail by a worker of their own, which no function that serves requests can", () => {
  const stack = synthesize([
    accounts({
      writePrincipals: ["account:admin", "/buckets/staff/groups/admins"],
      mail: { from: "Desk <desk@example.org>", validation: true },
    }),
  ]);
  const senders = stack
    .all("AWS::Lambda::Function")
    .filter(({ properties }) => String(properties.Description).startsWith("Kintoun: "))
    .filter((lambda) => roleOf(stack, lambda).some(({ actions }) => actions.includes("ses:SendEmail")))
    .map(({ properties }) => String(properties.Description));
  expect(senders).toEqual([expect.stringContaining("accounts-mails")]);
});
