import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { accounts } from "../../../plugins/accounts/index.ts";
import type { Services } from "../../../plugins/accounts/services.ts";

// LOGIN_GUESSES=10000 makes the number of guesses larger.
const GUESSES = Number(process.env.LOGIN_GUESSES ?? 200);
const TIME_LIMIT_MS = 60_000 + 60 * GUESSES;
/** The cheapest hash. */
const CHEAP = { log2n: 13, p: 1 };

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore({
    plugins: [
      accounts({
        createPrincipals: ["system.Everyone"],
        writePrincipals: ["account:admin", "/buckets/staff/groups/admins"],
        scrypt: CHEAP,
        attempts: { perAccount: 5, perAddress: 1000, registrationsPerAddress: 1000 },
      }),
    ],
  });
  await register("admin", "password-of-admin");
});
afterAll(() => store.close());

const basic = (id: string, password: string) => ({
  as: null,
  headers: { authorization: `Basic ${Buffer.from(`${id}:${password}`).toString("base64")}` },
});
const bearer = (token: string) => ({ as: null, headers: { authorization: `Bearer ${token}` } });
const anonymous = { as: null };
const admin = basic("admin", "password-of-admin");

const register = (id: string, password = `password-of-${id}`, data: object = {}) =>
  store.put(`/accounts/${id}`, { data: { password, ...data } }, anonymous);
const ownUser = (id: string, password = `password-of-${id}`) => basic(id, password);
const userOf = async (options: ReturnType<typeof basic>) => (await store.get("/", options)).body.user?.id;
const getServices = async () => (await store.getServices("accounts")) as Services;

describe("accounts", () => {
  it("registers by PUT and POST, and shows accounts without passwords", async () => {
    const created = await register("ada", "correct horse", { name: "Ada" });
    expect([created.status, created.body]).toMatchObject([201, { data: { id: "ada", name: "Ada" } }]);
    expect(created.body.data).not.toHaveProperty("password");
    const posted = await store.post(
      "/accounts",
      { data: { id: "a.b+c@example.com", password: "12345678" } },
      anonymous,
    );
    expect(posted.status).toBe(201);
    expect(await userOf(basic("a.b+c@example.com", "12345678"))).toBe("account:a.b+c@example.com");
    const seen = await store.get("/accounts/ada", basic("ada", "correct horse"));
    expect(seen.body.permissions).toEqual({ write: ["account:ada"] });
    expect(seen.body.data).not.toHaveProperty("password");
    expect((await store.get("/accounts?has_password=true", basic("ada", "correct horse"))).body.data).toEqual([]);
  });

  it.each([
    ["PUT", "/accounts/zoe", { data: {} }, 400, "data.password in body: Required"],
    ["PUT", "/accounts/zoe", { data: { password: null } }, 400, "data.password in body: Required"],
    ["PUT", "/accounts/zoe", { data: { password: "" } }, 400, "data.password in body: Required"],
    ["PUT", "/accounts/zoe", { data: { password: 5 } }, 400, "data.password in body: 5 is not a string"],
    ["PUT", "/accounts/zoe", { data: { password: "short" } }, 400, "at least 8 characters"],
    ["PUT", "/accounts/zoe", { data: { password: "x".repeat(1001) } }, 400, "at most 1000 characters"],
    ["PUT", "/accounts/zoe", { data: { password: "12345678", email: "ada" } }, 400, "must be a mail address"],
    ["PUT", "/accounts/*zoe", { data: { password: "12345678" } }, 400, "path: Invalid object id"],
    ["POST", "/accounts", { data: { password: "12345678" } }, 400, "data.id in body: Required"],
    ["POST", "/accounts", {}, 400, "data in body: Required"],
    ["PUT", "/accounts/admin", { data: { password: "12345678" } }, 401, "Please authenticate"],
    ["POST", "/accounts", { data: { id: "admin", password: "12345678" } }, 401, "Please authenticate"],
    [
      "PUT",
      "/accounts/zoe",
      { data: { password: "12345678" }, permissions: { write: ["account:eve"] } },
      400,
      "An account belongs to its user",
    ],
  ])("refuses %s %s %j with %i", async (method, path, body, status, message) => {
    const response = await store.request(path, { ...anonymous, method, body });
    expect([response.status, response.body.message]).toEqual([status, expect.stringContaining(message)]);
  });

  it("lets users see and change only themselves, and administrators all", async () => {
    await register("bea");
    await register("cy");
    const bea = ownUser("bea");
    expect((await store.get("/accounts", bea)).body.data.map(({ id }: { id: string }) => id)).toEqual(["bea"]);
    const other = [
      await store.get("/accounts/cy", bea),
      await store.get("/accounts/missing", bea),
      await store.patch("/accounts/cy", { data: { password: "stolen-password" } }, bea),
      await store.delete("/accounts/cy", bea),
      await store.put("/accounts/cy", { data: { password: "stolen-password" } }, bea),
      await store.put("/accounts/missing", { data: { password: "stolen-password" } }, bea),
    ];
    expect(other.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 403]);
    expect((await store.get("/accounts/cy", anonymous)).status).toBe(401);
    expect((await store.get("/accounts", anonymous)).status).toBe(401);

    expect((await store.get("/accounts", admin)).body.data.length).toBeGreaterThan(2);
    const made = await store.put("/accounts/made", { data: { password: "made-by-admin" } }, admin);
    expect(made.status).toBe(201);
    const own = await store.get("/accounts/made", basic("made", "made-by-admin"));
    expect(own.body.permissions).toEqual({ write: ["account:made"] });
    expect((await store.delete("/accounts/made", admin)).status).toBe(200);
    expect(await userOf(basic("made", "made-by-admin"))).toBeUndefined();

    await store.put("/buckets/staff", undefined, admin);
    await store.put("/buckets/staff/groups/admins", { data: { members: ["account:bea"] } }, admin);
    expect((await store.put("/accounts/dan", { data: { password: "password-of-dan" } }, bea)).status).toBe(201);
    await store.delete("/buckets/staff/groups/admins", admin);
    expect((await store.get("/accounts/dan", bea)).status).toBe(403);
  });

  it("changes a password at once, and never stores it or a readable hash", async () => {
    await register("eli");
    expect(await userOf(ownUser("eli"))).toBe("account:eli");
    const changed = await store.patch("/accounts/eli", { data: { password: "a new password" } }, ownUser("eli"));
    expect(changed.status).toBe(200);
    expect(await userOf(ownUser("eli"))).toBeUndefined();
    expect(await userOf(basic("eli", "a new password"))).toBe("account:eli");
    for (const [password, reason] of [
      [null, "Required"],
      [1, "1 is not a string"],
    ] as const) {
      const { status, body } = await store.patch(
        "/accounts/eli",
        { data: { password } },
        basic("eli", "a new password"),
      );
      expect([status, body.message]).toEqual([400, `data.password in body: ${reason}`]);
    }
    await store.patch("/accounts/eli", { data: { color: "red" } }, basic("eli", "a new password"));
    expect(await userOf(basic("eli", "a new password"))).toBe("account:eli");

    const found = await (await getServices()).accounts.find("eli");
    expect(String(found?.data.password)).toMatch(/^sealed\.1\.[\w-]+$/);
    expect(found?.credentials.hash).toMatch(/^\$scrypt\$ln=13,r=8,p=1\$/);
    const { sealer } = await getServices();
    expect(await sealer.open("other", found?.data.password)).toBeUndefined();
    expect(store.logLines.join()).not.toContain("a new password");
  });

  it("keeps users from setting what administrators set", async () => {
    await register("fay", undefined, { validated: true, disabled: false, second_factor: true });
    const fay = ownUser("fay");
    expect((await store.get("/accounts/fay", fay)).body.data).toEqual({ id: "fay", last_modified: expect.any(Number) });
    const session = await store.post("/accounts/fay/sessions", { password: "password-of-fay" }, anonymous);
    const disabled = await store.patch("/accounts/fay", { data: { disabled: true } }, admin);
    expect([disabled.status, disabled.body.data.disabled]).toEqual([200, true]);
    expect(await userOf(fay)).toBeUndefined();
    await store.patch("/accounts/fay", { data: { disabled: false } }, admin);
    expect(await userOf(fay)).toBe("account:fay");
    expect(await userOf(bearer(session.body.access_token))).toBeUndefined();
    expect((await store.patch("/accounts/fay", { data: { disabled: "no" } }, admin)).status).toBe(400);
  });

  it(
    "stops guesses of a password, also in batches and for accounts that do not exist",
    async () => {
      await register("gus");
      const session = await store.post("/accounts/gus/sessions", { password: "password-of-gus" }, anonymous);
      const { login } = await getServices();
      for (const [id, guesses] of [
        ["gus", GUESSES],
        ["missing", 25],
      ] as const) {
        const before = login.hashes();
        const guess = (n: number) => ({ path: "/", headers: { Authorization: `Basic ${btoa(`${id}:guess-${n}`)}` } });
        const responses: { status: number; headers: Record<string, string> }[] = [];
        for (let n = 0; n < guesses; n += 25) {
          const requests = Array.from({ length: 25 }, (_, index) => guess(n + index));
          responses.push(...(await store.post("/batch", { requests }, anonymous)).body.responses);
        }
        expect(responses.map(({ status }) => status)).toEqual([...Array(5).fill(200), ...Array(guesses - 5).fill(429)]);
        expect(Number(responses.at(-1)?.headers["Retry-After"])).toBeGreaterThan(0);
        expect(login.hashes() - before).toBe(5);
      }
      // The login has proven the password for a while.
      store.clock.advance(31_000);
      const locked = await store.get("/", ownUser("gus"));
      expect([locked.status, locked.body.errno]).toEqual([429, 117]);
      // Sessions are not locked out, and can be refreshed.
      expect(await userOf(bearer(session.body.access_token))).toBe("account:gus");
      const { refresh_token } = session.body;
      expect((await store.post("/account-sessions/refresh", { refresh_token }, anonymous)).status).toBe(200);
      expect(store.logLines.filter((line) => line.includes("Logins are refused"))).toHaveLength(2);
      store.clock.advance(15 * 60_000);
      expect(await userOf(ownUser("gus"))).toBe("account:gus");
    },
    TIME_LIMIT_MS,
  );

  it("hashes a right password once within a batch, and limits the new passwords of a user", async () => {
    await register("lea");
    const { login } = await getServices();
    const before = login.hashes();
    const logIn = { method: "POST", path: "/accounts/lea/sessions", body: { password: "password-of-lea" } };
    const sessions = await store.post("/batch", { requests: Array(25).fill(logIn) }, anonymous);
    expect(sessions.body.responses.map(({ status }: { status: number }) => status)).toEqual(Array(25).fill(201));
    expect(login.hashes() - before).toBe(1);

    const change = (n: number) => ({
      method: "PATCH",
      path: "/accounts/lea",
      body: { data: { password: `new-password-${n}` } },
    });
    const requests = Array.from({ length: 7 }, (_, n) => change(n));
    const changes = await store.post("/batch", { requests }, ownUser("lea"));
    expect(changes.body.responses.map(({ status }: { status: number }) => status)).toEqual([
      ...Array(5).fill(200),
      ...Array(2).fill(429),
    ]);
    expect(await userOf(basic("lea", "new-password-4"))).toBe("account:lea");
    // An old password that was right begins no session.
    const old = await store.post("/accounts/lea/sessions", { password: "password-of-lea" }, anonymous);
    expect(old.status).toBe(401);
    // Administrators set passwords of others, and limits do not concern them.
    const set = await store.patch("/accounts/lea", { data: { password: "set-by-admin" } }, admin);
    expect(set.status).toBe(200);
  });

  it("counts guesses at the same time, and takes back those that were right", async () => {
    await register("hal");
    await Promise.all(Array.from({ length: 8 }, (_, n) => store.get("/", basic("hal", `guess ${n}`))));
    expect((await store.get("/", ownUser("hal"))).status).toBe(429);
    store.clock.advance(15 * 60_000);
    await store.get("/", basic("hal", "one wrong guess"));
    for (let n = 0; n < 6; n++) {
      store.clock.advance(31_000);
      expect(await userOf(ownUser("hal"))).toBe("account:hal");
    }
    const { login } = await getServices();
    const by = { id: "of-a-code", address: null };
    /** Returns how many of some wrong guesses at the same time are checked. */
    const guessAll = async (count: number, options?: { readonly countsFirst: boolean }) => {
      let checks = 0;
      const check = async () => {
        checks++;
        return undefined;
      };
      await Promise.allSettled(Array.from({ length: count }, () => login.guard(by, check, options)));
      return checks;
    };
    expect(await guessAll(8)).toBe(5);
    store.clock.advance(15 * 60_000);
    // Of several passwords at the same time, the right one has the answer of the wrong ones after the limit.
    const password = { countsFirst: false };
    for (const result of [true, undefined]) {
      const late = login.guard(by, async () => ((await guessAll(5, password)) === 5 ? result : undefined), password);
      await expect(late).rejects.toThrow("There were too many attempts");
      store.clock.advance(15 * 60_000);
    }
    // A right one that ends in the next time takes back nothing of it.
    await login.guard(by, async () => {
      store.clock.advance(15 * 60_000);
      return true;
    });
    expect(await guessAll(8)).toBe(5);
  });

  it("hashes again at a login when the cost changes", async () => {
    const services = await getServices();
    const { newCredentials } = await import("../../../plugins/accounts/credentials.ts");
    const credentials = await newCredentials("old hash", { cost: { log2n: 13, p: 2 }, now: 0 });
    await services.accounts.create("ivy", credentials);
    expect(await userOf(basic("ivy", "old hash"))).toBe("account:ivy");
    const found = await services.accounts.find("ivy");
    expect(found?.credentials).toMatchObject({
      epoch: credentials.epoch,
      hash: expect.stringContaining("ln=13,r=8,p=1"),
    });
    store.clock.advance(31_000);
    expect(await userOf(basic("ivy", "old hash"))).toBe("account:ivy");
  });

  it("refuses a change of credentials that were changed meanwhile", async () => {
    await register("jo");
    const { accounts: all } = await getServices();
    const account = await all.find("jo");
    if (account === undefined) throw new Error("The account is missing");
    await all.update(account, { data: { color: "red" } });
    await expect(all.update(account, { data: { color: "blue" } })).rejects.toThrow("The account was changed meanwhile");
  });

  it("deletes accounts, whose ids can be used again without the sessions of before", async () => {
    await register("kim");
    const session = (await store.post("/accounts/kim/sessions", { password: "password-of-kim" }, anonymous)).body;
    expect((await store.delete("/accounts/kim", ownUser("kim"))).status).toBe(200);
    expect(await userOf(bearer(session.access_token))).toBeUndefined();
    await register("kim", "another password");
    expect(await userOf(bearer(session.access_token))).toBeUndefined();
    expect(await userOf(basic("kim", "another password"))).toBe("account:kim");
  });
});
