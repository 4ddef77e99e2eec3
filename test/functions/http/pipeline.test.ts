import { describe, expect, it } from "@jest/globals";
import { ReadBudget } from "../../../core/store/read-budget.ts";
import {
  compose,
  type RequestContext,
  requestSteps,
  runnableSteps,
  type Step,
} from "../../../functions/http/pipeline.ts";
import { httpResponse } from "../../../functions/http/response.ts";
import type { HttpApp } from "../../../functions/http/routing.ts";
import { startTimeLimit } from "../../../functions/http/time-limit.ts";

const CONTEXT: RequestContext = {
  request: { method: "GET", path: "/v1/", query: "", headers: {}, address: null, json: () => undefined },
  requestId: "r1",
  inBatch: false,
  user: null,
  identify: async () => ({ user: null }),
  budget: new ReadBudget(1_000_000),
  time: startTimeLimit(),
};

describe("compose", () => {
  it("runs steps in order, and in reverse for the response", async () => {
    const seen: string[] = [];
    const step =
      (name: string): Step =>
      async (context, next) => {
        seen.push(`${name} in`);
        const response = await next({ ...context, user: `${context.user ?? ""}${name}` });
        seen.push(`${name} out`);
        return response;
      };

    const respond = compose([step("a"), step("b")], async ({ user }) => httpResponse(200, JSON.stringify(user)));

    expect((await respond(CONTEXT)).body).toBe('"ab"');
    expect(seen).toEqual(["a in", "b in", "b out", "a out"]);
  });

  it("does not run the steps after one that responds", async () => {
    const respond = compose([async () => httpResponse(204, null)], async () => {
      throw new Error("not reached");
    });

    expect((await respond(CONTEXT)).status).toBe(204);
  });
});

describe("requestSteps", () => {
  const app = (settings: object) => ({ settings, plugins: [], errors: {}, mediaTypes: [] }) as unknown as HttpApp;
  const ALL = { readonly: true, eos: "2999-01-01", backoff: 1, corsOrigins: ["*"] };

  it("has one order", () => {
    expect(requestSteps(app(ALL), () => undefined).map(({ name }) => name)).toEqual([
      "request id",
      "service headers",
      "CORS headers",
      "errors of the size",
      "compression",
      "request hooks",
      "rendering",
      "errors",
      "end of service",
      "pages",
      "endpoint",
      "read-only store",
      "decoding",
      "redirects",
      "CORS preflight",
      "method",
      "media types",
      "origin",
      "authentication",
      "filters",
      "errors of the route",
    ]);
  });

  it("leaves out the steps that the settings and plugins do not need, and in a batch those of the whole request", () => {
    const count = (settings: object, batch: boolean) =>
      runnableSteps(
        requestSteps(app(settings), () => undefined),
        { batch },
      ).length;

    expect([count(ALL, false), count(ALL, true)]).toEqual([17, 13]);
    expect([count({ corsOrigins: ["*"] }, false), count({ corsOrigins: ["*"] }, true)]).toEqual([14, 11]);
  });
});
