import { describe, expect, it } from "@jest/globals";
import { UserError } from "../../../config/user-error.ts";
import { commandsHandler } from "../../../functions/commands/app.ts";
import { accounts } from "../../../plugins/accounts/index.ts";
import { startStore } from "../../start-store.ts";

describe("the function commands", () => {
  it("invites the first administrator until there is one, and runs named commands", async () => {
    await using store = await startStore({
      plugins: [accounts({ writePrincipals: ["account:ada@example.com"], scrypt: { log2n: 13, p: 1 } })],
    });
    const call = commandsHandler({ ...store.options, url: store.url });

    const { lines } = await call({});
    const [, link = ""] =
      /^Set the password of account:ada@example\.com within a day: (\S+)$/.exec(lines[0] ?? "") ?? [];
    expect(link).toMatch(/\/v1\/accounts\/ada%40example\.com\/invitations\/[\w-]{32}$/);
    const path = link.slice(store.url.length);
    const { status } = await store.post(path, { password: "correct horse" }, { as: null });
    expect(status).toBe(201);

    expect((await call({})).lines).toEqual([expect.stringContaining("There is nothing to do")]);
    expect((await call({ command: "accounts list" })).lines).toEqual(["ada@example.com"]);
    expect((await call({ command: "accounts invite", flags: { id: "eve" } })).lines).toEqual([
      expect.stringContaining("account:eve"),
    ]);
    await expect(call({ command: "accounts invite", flags: { id: "eve", iff: 1 } })).rejects.toThrow(UserError);
    await expect(call({ command: "accounts lists" })).rejects.toThrow("Did you mean 'accounts list'?");
  });
});
