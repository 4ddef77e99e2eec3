import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { KINTO_SERVER_PER_MONTH, LOAD_BALANCER_PER_MONTH } from "../../core/prices.ts";
import { estimateCosts, type Usage } from "../../operations/costs/estimate-costs.ts";
import { costPerMillion } from "../../operations/costs/units.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";

const COSTS = readFileSync(join(import.meta.dirname, "../../docs/operations/costs.md"), "utf8");
const config = readConfig({ plugins: [basicauth(), search()] }, {}, { isDeployed: true });

/** The use of the sizes in the documentation, in millions and GB. */
const usageOf = (factor: number): Usage => ({
  millions: { reads: factor, writes: factor / 10, searches: factor / 20, events: factor / 10 },
  recordGb: factor,
  fileGb: 0,
});
const sumOf = (costs: readonly { usd: number }[]): number => costs.reduce((sum, { usd }) => sum + usd, 0);

describe("estimateCosts", () => {
  it("gives the numbers of the documentation for three sizes", () => {
    const estimates = [1, 10, 100].map((factor) => estimateCosts(config, usageOf(factor)));
    const row = (name: string, numbers: readonly number[]) =>
      `| ${name} | ${numbers.map((one) => one.toFixed(2)).join(" | ")} |`;
    const useOf = (...names: string[]) =>
      estimates.map(({ use }) => sumOf(use.filter(({ name }) => names.some((one) => name.endsWith(` ${one}`)))));

    for (const line of [
      row(
        "idle",
        estimates.map(({ idle }) => sumOf(idle)),
      ),
      row(
        "storage",
        estimates.map(({ storage }) => sumOf(storage)),
      ),
      row("reads", useOf("reads")),
      row("writes and events", useOf("writes", "events")),
      row("searches", useOf("searches")),
      `| **sum** | ${estimates.map(({ total }) => `**${total.toFixed(2)}**`).join(" | ")} |`,
    ])
      expect(COSTS).toContain(line);
    expect(COSTS).toContain(`costs ${KINTO_SERVER_PER_MONTH.toFixed(2)} per month`);
    expect(COSTS).toContain(`costs ${LOAD_BALANCER_PER_MONTH.toFixed(2)} more`);
  });

  it("counts queues, alarms and the search domain of the config", () => {
    const plugins = [basicauth(), search({ domain: "finder" })];
    const watched = readConfig({ plugins, deploy: { alarmAddress: "ops@your-domain.com" } });
    const { idle } = estimateCosts(watched, usageOf(0));

    expect(idle.map(({ name, usd }) => [name, Number(usd.toFixed(2))])).toEqual([
      ["polls of 3 queues", 0.38],
      ["11 alarms", 0.1],
      ["1 dashboards", 0],
      ["the search domain, t3.small.search", 27.5],
    ]);
  });

  it("costs nothing without queues beyond the free requests, use and data", () => {
    expect(estimateCosts(readConfig({ plugins: [basicauth()] }), usageOf(0)).total).toBe(0);
  });

  it.each([
    ["reads", "2.08"],
    ["writes", "8.5"],
    ["events", "2.98"],
  ] as const)("has the documented costs of a million %s", (name, usd) => {
    expect(costPerMillion(name).toFixed(2)).toMatch(usd);
    expect(COSTS).toContain(usd);
  });
});
