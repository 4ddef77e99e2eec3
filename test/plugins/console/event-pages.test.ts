import { describe, expect, it } from "@jest/globals";
import {
  addSamples,
  countResults,
  type DeadLetter,
  type Delivery,
  describeLetter,
  eventsPath,
  formatBody,
  type Queue,
} from "../../../plugins/console/client/pages/events/events.ts";
import {
  formatCost,
  formatCostPerMillion,
  type RouteTotal,
  requestsPath,
  sumTotals,
} from "../../../plugins/console/client/pages/requests/requests.ts";

const delivery = (result: Delivery["result"]): Delivery => ({ listener: "a-b", result, attempts: [] });
const letter = (body: string | null): DeadLetter => ({ id: "1", body, bytes: 1, time: 0 });

describe("the page Events", () => {
  it("counts results, the worst first", () => {
    const results = (["delivered", "dead", "delivered", "waiting"] as const).map(delivery);
    expect(countResults(results)).toEqual([
      ["dead", 1],
      ["waiting", 1],
      ["delivered", 2],
    ]);
  });

  it("filters only by what is chosen", () => {
    expect(eventsPath({ listener: "", result: "", uri: "" }, 50)).toBe("/__operations__/events?_limit=50");
    expect(eventsPath({ listener: "a-b", result: "dead", uri: "/é" }, 50)).toBe(
      "/__operations__/events?_limit=50&listener=a-b&result=dead&uri=%2F%C3%A9",
    );
  });

  it.each([
    [JSON.stringify({ event: { action: "create", uri: "/buckets/b" } }), "create /buckets/b"],
    ['{"event": 5}', '{"event": 5}'],
    ["no JSON", "no JSON"],
    [null, "A long message"],
  ])("describes the dead letter %s", (body, expected) => {
    expect(describeLetter(letter(body))).toBe(expected);
  });

  it("formats JSON, and leaves other messages as they are", () => {
    expect(formatBody('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(formatBody("<xml/>")).toBe("<xml/>");
  });

  it("keeps a limited number of samples of the present queues", () => {
    const queue: Queue = {
      name: "a-b",
      waiting: 1,
      delayed: 2,
      in_flight: 3,
      dead: 0,
      ordered: false,
      oldest_seconds: null,
      can_replay: true,
    };
    let samples = addSamples(new Map(), [{ ...queue, name: "gone" }]);
    for (let number = 0; number < 200; number++) samples = addSamples(samples, [queue]);
    expect([...samples.keys()]).toEqual(["a-b"]);
    expect(samples.get("a-b")?.depths).toHaveLength(150);
    expect(samples.get("a-b")?.depths[0]).toBe(6);
    expect(samples.get("a-b")?.ages[0]).toBe(0);
  });
});

describe("the page Requests", () => {
  it("asks for each view", () => {
    expect(requestsPath("latest", 10)).toBe("/__operations__/requests?_limit=10");
    expect(requestsPath("slowest", 10)).toBe("/__operations__/requests?_limit=10&_sort=-ms");
    expect(requestsPath("errors", 10)).toBe("/__operations__/requests?_limit=10&errors=true");
  });

  it("sums endpoints up", () => {
    const total = { requests: 2, errors: 1, max_ms: 9, read_units: 0.5, write_units: 1, cost_usd: 0.1 } as RouteTotal;
    expect(sumTotals([total, { ...total, max_ms: 4 }])).toEqual({
      requests: 4,
      errors: 2,
      slowest: 9,
      readUnits: 1,
      writeUnits: 2,
      cost: 0.2,
    });
    expect(sumTotals([]).slowest).toBe(0);
  });

  it.each([
    [0, "$ 0"],
    [0.0000001, "< $ 0.000001"],
    [0.00042, "$ 0.00042"],
    [1.239, "$ 1.24"],
  ])("formats %d USD", (usd, text) => {
    expect(formatCost(usd)).toBe(text);
  });

  it("formats costs of a million requests", () => {
    expect(formatCostPerMillion(0.00000566)).toBe("$ 5.66");
  });
});
