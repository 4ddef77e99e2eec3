import { describe, expect, it } from "@jest/globals";
import {
  assertChainLength,
  extendCauseChain,
  type Provenance,
  parseCausesAttribute,
  parseEventResources,
  toEventResources,
  toOutgoingCauses,
} from "../../../core/events/provenance.ts";

const chain = (length: number) => Array.from({ length }, (_, index) => `p-${index}`);

describe("assertChainLength", () => {
  it("accepts up to 8 parts, and names all of a longer chain", () => {
    expect(() => assertChainLength({})).not.toThrow();
    expect(() => assertChainLength({ cause: chain(8) })).not.toThrow();
    let thrown: unknown;
    try {
      assertChainLength({ cause: chain(9) });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      name: "CauseChainTooLongError",
      permanent: true,
      message:
        "The cause chain has 9 plugin parts; the maximum is 8: p-0 > p-1 > p-2 > p-3 > p-4 > p-5 > p-6 > p-7 > p-8. " +
        "Change one of these parts so that it does not listen to, or does not make, the changes of the others.",
    });
  });
});

describe("extendCauseChain", () => {
  it.each<[Provenance, Provenance]>([
    [{}, { cause: ["p"] }],
    [
      { request_id: "q", cause: ["a"], trace: "t" },
      { request_id: "q", cause: ["a", "p"], trace: "t" },
    ],
  ])("of %j: %j", (provenance, expected) => {
    expect(extendCauseChain("p", provenance)).toEqual(expected);
  });
});

describe("chains of messages", () => {
  it("leave the store without marks, and enter it as from outside", () => {
    const causes = toOutgoingCauses({ cause: ["p-a", "outside:q-b"] });

    expect(causes).toEqual(["p-a", "q-b"]);
    expect(toOutgoingCauses()).toEqual([]);
    expect(() => toOutgoingCauses({ cause: chain(9) })).toThrow("The cause chain has 9 plugin parts");
    expect(toEventResources(causes)).toEqual(["kintoun:cause:p-a", "kintoun:cause:q-b"]);
    const incoming = { cause: ["outside:p-a", "outside:q-b"] };
    expect(parseEventResources(toEventResources(causes))).toEqual(incoming);
    expect(parseCausesAttribute("p-a,q-b")).toEqual(incoming);
  });

  it.each([
    undefined,
    null,
    "kintoun:cause:a",
    [],
    [1, null],
    ["other:a"],
    ["x kintoun:cause:a"],
    ["kintoun:cause:a b"],
  ])("are empty in the resources %j", (resources) => {
    expect(parseEventResources(resources)).toEqual({});
  });

  it.each([undefined, "", ",", "a b", "é", "x".repeat(81)])("are empty in the attribute %j", (causes) => {
    expect(parseCausesAttribute(causes)).toEqual({});
  });

  it("keep the last 20 valid parts", () => {
    const { cause } = parseCausesAttribute([...chain(25), "not valid"].join(","));

    expect(cause).toEqual(
      chain(25)
        .slice(5)
        .map((part) => `outside:${part}`),
    );
  });
});
