import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { TOTP } from "otpauth";
import { accounts } from "../../../plugins/accounts/index.ts";
import { userData } from "../../../plugins/user-data/index.ts";

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore({
    plugins: [
      accounts({
        createPrincipals: ["system.Everyone"],
        writePrincipals: ["account:admin"],
        deleteUserData: true,
        scrypt: { log2n: 13, p: 1 },
        mail: {
          from: "store@example.org",
          rootUrl: "https://app.example.org/",
          validation: true,
          codes: true,
          templates: { code: { subject: "Code {code}", html: "<b>{id}</b> {code}" } },
        },
      }),
      userData({ deletePrincipals: ["plugin:accounts"] }),
    ],
  });
});
afterAll(() => store.close());

const anonymous = { as: null };
const basic = (id: string, password: string) => ({
  as: null,
  headers: { authorization: `Basic ${Buffer.from(`${id}:${password}`).toString("base64")}` },
});
const bearer = (token: string) => ({ as: null, headers: { authorization: `Bearer ${token}` } });
const userOf = async (options: ReturnType<typeof basic>) => (await store.get("/", options)).body.user?.id;
const PASSWORD = "correct horse battery";

/** Creates a validated account by the command. */
const create = (id: string) => store.runCommand("accounts", "create", { id, password: PASSWORD });
const logIn = (id: string, body: object = { password: PASSWORD }) =>
  store.post(`/accounts/${id}/sessions`, body, anonymous);
/** The last mail to an address, and what its template has put on a line of its own. */
const readMail = async (to: string) => {
  await store.drain();
  const mail = store.mails.findLast((one) => one.to.includes(to));
  return {
    ...mail,
    secret:
      /^\s*(\S{12,})\s*$/m.exec(
        mail?.raw
          .split(/\r?\n\r?\n/)
          .slice(1)
          .join("\n\n") ?? "",
      )?.[1] ?? "",
  };
};

describe("sessions of accounts", () => {
  it("begin with a password, prove the user, and are listed and ended by the user alone", async () => {
    await create("ada");
    const { status, body, headers } = await logIn("ada");
    expect([status, body.token_type, body.expires_in, headers.get("cache-control")]).toEqual([
      201,
      "Bearer",
      3600,
      "no-store",
    ]);
    const ada = bearer(body.access_token);
    expect(await userOf(ada)).toBe("account:ada");
    expect((await store.get("/accounts/ada", ada)).body.data.id).toBe("ada");

    const other = (await logIn("ada")).body;
    const { data } = (await store.get("/accounts/ada/sessions", ada)).body;
    expect(data.map(({ id }: { id: string }) => id)).toEqual([body.session, other.session]);
    await create("eve");
    const eve = basic("eve", PASSWORD);
    expect((await store.get("/accounts/ada/sessions", eve)).status).toBe(403);
    expect((await store.delete(`/accounts/ada/sessions/${other.session}`, eve)).status).toBe(403);
    expect((await store.get("/accounts/ada/sessions", anonymous)).status).toBe(401);

    expect((await store.delete(`/accounts/ada/sessions/${other.session}`, ada)).status).toBe(204);
    expect(await userOf(bearer(other.access_token))).toBeUndefined();
    expect((await store.delete(`/accounts/ada/sessions/${other.session}`, ada)).status).toBe(404);
    expect(await userOf(ada)).toBe("account:ada");
    expect((await store.delete("/accounts/ada/sessions", ada)).status).toBe(204);
    expect(await userOf(ada)).toBeUndefined();
  });

  it("are refreshed by tokens that can be used once, and end when one is used again", async () => {
    await create("bob");
    const first = (await logIn("bob")).body;
    const refresh = (refresh_token: string) => store.post("/account-sessions/refresh", { refresh_token }, anonymous);
    store.clock.advance(3600_000);
    expect(await userOf(bearer(first.access_token))).toBeUndefined();
    const second = (await refresh(first.refresh_token)).body;
    expect(await userOf(bearer(second.access_token))).toBe("account:bob");
    expect((await refresh(first.access_token)).status).toBe(401);
    expect((await refresh(first.refresh_token)).status).toBe(401);
    expect((await refresh(second.refresh_token)).status).toBe(401);
    store.clock.advance(31_000);
    expect(await userOf(bearer(second.access_token))).toBeUndefined();

    const third = (await logIn("bob")).body;
    store.clock.advance(31 * 24 * 3600_000);
    expect((await refresh(third.refresh_token)).status).toBe(401);
  });

  it("end with a new password and with the account, at the latest after the time of the cache", async () => {
    await create("cy");
    const { access_token } = (await logIn("cy")).body;
    const cy = bearer(access_token);
    expect(await userOf(cy)).toBe("account:cy");
    await store.patch("/accounts/cy", { data: { password: "another password" } }, cy);
    expect(await userOf(cy)).toBeUndefined();
    const again = bearer((await logIn("cy", { password: "another password" })).body.access_token);
    expect(await userOf(again)).toBe("account:cy");
    await store.runCommand("accounts", "disable", { id: "cy" });
    store.clock.advance(30_000);
    expect(await userOf(again)).toBeUndefined();
    expect((await logIn("cy", { password: "another password" })).status).toBe(401);
    await store.runCommand("accounts", "enable", { id: "cy" });
    expect((await logIn("cy", { password: "another password" })).status).toBe(201);
  });

  it("answer alike for wrong passwords and for accounts that do not exist", async () => {
    await create("dan");
    const answers = [
      await logIn("dan", { password: "wrong password" }),
      await logIn("missing", { password: "wrong password" }),
    ];
    expect(answers.map(({ status, body }) => [status, body.message])).toEqual(
      Array(2).fill([401, "The credentials are not valid."]),
    );
    expect((await logIn("dan", { password: PASSWORD, mail_code: "12345678" })).status).toBe(400);
  });

  it("need a one-time code of an app if the account has a second factor", async () => {
    await create("fay");
    const fay = bearer((await logIn("fay")).body.access_token);
    const { secret, uri } = (await store.post("/accounts/fay/totp", undefined, fay)).body;
    expect(uri).toMatch(/^otpauth:\/\/totp\/Kintoun:fay\?issuer=Kintoun&secret=/);
    const app = new TOTP({ secret });
    const code = () => app.generate({ timestamp: store.clock.now() });
    expect((await store.put("/accounts/fay/totp", { one_time_code: "000000" }, fay)).status).toBe(400);
    const { recovery_codes } = (await store.put("/accounts/fay/totp", { one_time_code: code() }, fay)).body;
    expect(recovery_codes).toHaveLength(10);
    expect((await store.get("/accounts/fay", fay)).body.data).toMatchObject({ second_factor: true });

    const direct = await store.get("/", basic("fay", PASSWORD));
    expect([direct.status, direct.body.message]).toEqual([401, expect.stringContaining("one-time code")]);
    expect((await logIn("fay")).status).toBe(401);
    const used = { password: PASSWORD, one_time_code: code() };
    expect((await logIn("fay", used)).status).toBe(401);
    store.clock.advance(30_000);
    const fresh = { password: PASSWORD, one_time_code: code() };
    expect((await logIn("fay", { ...fresh, password: "wrong password" })).status).toBe(401);
    expect((await logIn("fay", fresh)).status).toBe(201);
    expect((await logIn("fay", fresh)).status).toBe(401);
    const recovery = { password: PASSWORD, one_time_code: recovery_codes[0] };
    const atOnce = await Promise.all(Array.from({ length: 3 }, () => logIn("fay", recovery)));
    expect(atOnce.map(({ status }) => status).toSorted()).toEqual([201, 401, 401]);
    expect((await logIn("fay", recovery)).status).toBe(401);

    expect((await store.request("/accounts/fay/totp", { ...fay, method: "DELETE" })).status).toBe(403);
    const off = { ...fay, method: "DELETE", body: { one_time_code: recovery_codes[1] } };
    expect((await store.request("/accounts/fay/totp", off)).status).toBe(204);
    expect((await logIn("fay")).status).toBe(201);
  });
});

describe("mails of accounts", () => {
  it("confirm the address of a new account", async () => {
    const data = { password: PASSWORD };
    expect((await store.put("/accounts/gus", { data }, anonymous)).body.message).toContain("must be a mail address");
    const { body } = await store.put("/accounts/gus@example.com", { data }, anonymous);
    expect(body.data.validated).toBe(false);
    const gus = basic("gus@example.com", PASSWORD);
    expect(await userOf(gus)).toBeUndefined();

    const { secret, subject } = await readMail("gus@example.com");
    expect(subject).toBe("Confirm your account");
    const validate = (key: string) => store.post(`/accounts/gus@example.com/validate/${key}`, undefined, anonymous);
    expect((await validate(secret.replace(/.$/, "x"))).status).toBe(403);
    expect((await validate(secret)).body).toMatchObject({ id: "gus@example.com", validated: true });
    expect((await validate(secret)).body.message).toBe("Account ID and activation key do not match");
    expect(await userOf(gus)).toBe("account:gus@example.com");
    expect((await readMail("gus@example.com")).subject).toBe("Your account is confirmed");
    await store.patch("/accounts/gus@example.com", { data: { validated: false } }, gus);
    expect(await userOf(gus)).toBe("account:gus@example.com");
  });

  it("reset a password by a temporary one, which allows nothing else", async () => {
    await create("hal@example.com");
    const ask = (id: string) => store.post(`/accounts/${id}/reset-password`, undefined, anonymous);
    const answers = [await ask("hal@example.com"), await ask("missing@example.com")];
    expect(answers.map(({ status, body }) => [status, body.message])).toEqual(
      Array(2).fill([200, "A temporary reset password has been sent by mail"]),
    );
    const { secret } = await readMail("hal@example.com");
    expect(store.mails.some(({ to }) => to.includes("missing@example.com"))).toBe(false);
    const temporary = basic("hal@example.com", secret);
    expect((await logIn("hal@example.com", { password: secret })).status).toBe(401);
    expect((await store.put("/buckets/of-hal", undefined, temporary)).status).toBe(403);
    // A second factor would end with the account, and its id could be registered again.
    const deletions = [
      await store.delete("/accounts/hal@example.com", temporary),
      await store.delete("/accounts", temporary),
    ];
    expect(deletions.map(({ status, body }) => [status, body.message])).toEqual(
      Array(2).fill([403, "The password is temporary. Set a new one first, by PATCH /accounts/hal@example.com."]),
    );
    const data = { password: "a new password" };
    expect((await store.patch("/accounts/hal@example.com", { data }, temporary)).status).toBe(200);
    expect(await userOf(temporary)).toBeUndefined();
    expect(await userOf(basic("hal@example.com", "a new password"))).toBe("account:hal@example.com");
  });

  it("log in without a password, by a code that can be used once", async () => {
    await create("ivy@example.com");
    const ask = () => store.post("/accounts/ivy@example.com/codes", undefined, anonymous);
    expect((await ask()).status).toBe(202);
    const { subject = "", raw } = await readMail("ivy@example.com");
    const mail_code = subject.slice("Code ".length);
    expect(raw).toContain("<b>ivy@example.com</b>");
    expect((await logIn("ivy@example.com", { mail_code: "00000000" })).status).toBe(401);
    expect((await logIn("ivy@example.com", { mail_code })).status).toBe(201);
    expect((await logIn("ivy@example.com", { mail_code })).status).toBe(401);
    for (let n = 0; n < 4; n++) await ask();
    expect((await ask()).status).toBe(429);
  });
});

describe("deletion of an account", () => {
  it("deletes the data of its user too, if the options say so", async () => {
    await create("leo");
    const leo = bearer((await logIn("leo")).body.access_token);
    await store.put("/buckets/of-leo", undefined, leo);
    expect((await store.delete("/accounts/leo", leo)).status).toBe(200);
    await store.drain();
    await create("leo");
    expect((await store.put("/buckets/of-leo", undefined, basic("leo", PASSWORD))).status).toBe(201);
  });
});

describe("commands of accounts", () => {
  it("create, list and invite, and set passwords", async () => {
    const [line = ""] = await store.runCommand("accounts", "create", { id: "kim" });
    expect(await userOf(basic("kim", line.slice("Password: ".length)))).toBe("account:kim");
    await expect(store.runCommand("accounts", "create", { id: "kim" })).rejects.toThrow("The account kim exists");
    await store.runCommand("accounts", "set-password", { id: "kim", password: "set by an operator" });
    expect(await userOf(basic("kim", "set by an operator"))).toBe("account:kim");
    expect(await store.runCommand("accounts", "list")).toContain("kim");

    const [invitation = ""] = await store.runCommand("accounts", "invite", { id: "admin", ifAbsent: true });
    expect(invitation).toContain(`Set the password of account:admin within a day: ${store.url}/accounts/admin/`);
    const link = invitation.slice(invitation.indexOf("/accounts/"));
    const page = await store.get(link, anonymous);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect((await store.post(link, { password: "short" }, anonymous)).status).toBe(400);
    expect((await store.post(link, { password: PASSWORD }, anonymous)).status).toBe(201);
    expect((await store.post(link, { password: PASSWORD }, anonymous)).status).toBe(404);
    expect((await store.get("/accounts/kim", basic("admin", PASSWORD))).status).toBe(200);
    expect(await store.runCommand("accounts", "invite", { id: "admin", ifAbsent: true })).toEqual([]);
  });
});
