import { describe, expect, it } from "@jest/globals";
import { measureDistance, parsePoint } from "../../../core/search/geo-point.ts";

describe("measureDistance", () => {
  it.each([
    [{ lat: 52.52, lon: 13.405 }, { lat: 48.8566, lon: 2.3522 }, 877_463],
    [{ lat: 0, lon: 179.5 }, { lat: 0, lon: -179.5 }, 111_195],
    [{ lat: 90, lon: 0 }, { lat: -90, lon: 123 }, 20_015_115],
    [{ lat: 1, lon: 1 }, { lat: 1, lon: 1 }, 0],
  ])("is the way over the ground from %j to %j", (a, b, meters) => {
    expect(Math.abs(measureDistance(a, b) - meters)).toBeLessThan(20);
    expect(measureDistance(b, a)).toBeCloseTo(measureDistance(a, b));
  });
});

it("parsePoint takes time linear in a text", () => {
  const started = performance.now();
  for (const text of [" ".repeat(100_000), "1".repeat(100_000), `1,${" ".repeat(100_000)}`])
    expect(parsePoint(text)).toBeUndefined();

  expect(performance.now() - started).toBeLessThan(5000);
});
