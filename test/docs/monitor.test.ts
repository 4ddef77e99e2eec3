import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { METRICS } from "../../core/ports/meter.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/operations/monitor.md"), "utf8");

describe("docs/operations/monitor.md", () => {
  it("lists all metrics with units and dimensions", () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| (listener|plugin) \|/gm)].map(([, name = "", unit, by]) => [
      name,
      { unit, by },
    ]);

    expect(Object.fromEntries(rows)).toEqual(METRICS);
  });

  it("shows the defaults", () => {
    const [, metrics, tracing] = /observability: \{ metrics: (\w+), tracing: (\w+) \}/.exec(page) ?? [];
    const { observability } = readConfig({ plugins: [] });

    expect({ metrics, tracing }).toEqual({
      metrics: String(observability.metrics),
      tracing: String(observability.tracing),
    });
  });

  it("uses documented fields in queries", () => {
    const documented = [...page.matchAll(/^\| (`[^|]+`) \| [^|]+ \| [^|]+ \|$/gm)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    const queries = page.match(/^ {4}(?:fields|filter|\|) .*$/gm) ?? [];
    const used = queries.flatMap(
      (line) => line.match(/\b(?:request_id|event_id|listener|attempt|level|message|error)\b/g) ?? [],
    );

    expect(new Set(used).size).toBe(7);
    for (const name of used) expect(documented).toContain(name);
  });
});
