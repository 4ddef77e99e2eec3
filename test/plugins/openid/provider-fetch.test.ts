import { describe, expect, it } from "@jest/globals";
import { type HttpRequest, HttpRequestError, type HttpResponse } from "../../../kit/index.ts";
import { isUnavailable, ProviderUnavailableError } from "../../../plugins/openid/errors.ts";
import { createProviderFetch } from "../../../plugins/openid/provider-fetch.ts";

const URL = "https://id.example.org/keys";

const open = (respond: () => Promise<Pick<HttpResponse, "status">>) => {
  const sent: HttpRequest[] = [];
  const clock = { now: 0 };
  const http = {
    findUrlIssue: () => undefined,
    request: async (request: HttpRequest): Promise<HttpResponse> => {
      sent.push(request);
      return { headers: {}, body: Buffer.from("{}"), ...(await respond()) };
    },
  };
  const fetch = createProviderFetch(http, () => clock.now);
  return { sent, clock, get: () => fetch(URL, { method: "GET", headers: {} }) };
};

describe("requests to a provider", () => {
  it("end after five seconds, and are not repeated while it does not respond", async () => {
    const { sent, clock, get } = open(async () => {
      throw new HttpRequestError("timeout", "It took longer than 5 s.");
    });
    await expect(get()).rejects.toThrow(ProviderUnavailableError);
    clock.now = 4999;
    await expect(get()).rejects.toThrow(ProviderUnavailableError);
    expect(sent.map(({ timeout }) => timeout)).toEqual([5000]);
    clock.now = 5000;
    await expect(get()).rejects.toThrow(ProviderUnavailableError);
    expect(sent).toHaveLength(2);
  });

  it.each([500, 503, 429])("fail for the status %i", async (status) => {
    await expect(open(async () => ({ status })).get()).rejects.toThrow(ProviderUnavailableError);
  });

  it("return other responses", async () => {
    const { sent, get } = open(async () => ({ status: 404 }));
    expect((await get()).status).toBe(404);
    expect((await get()).status).toBe(404);
    expect(sent).toHaveLength(2);
  });
});

describe("isUnavailable", () => {
  it("finds the cause in errors of libraries, and ends in a circle", () => {
    const cause = new ProviderUnavailableError("down");
    expect(isUnavailable(new Error("outer", { cause: new Error("inner", { cause }) }))).toBe(true);
    const circle = new Error("circle");
    circle.cause = circle;
    expect(isUnavailable(circle)).toBe(false);
  });
});
