import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readOverrides, readPlace, toVariables } from "../../app/environment.ts";
import { Problem } from "../../app/problem.ts";

const place = fc.record(
  {
    table: fc.string({ minLength: 1 }),
    queues: fc.dictionary(
      fc.string().filter((name) => name !== "__proto__"),
      fc.string({ unit: "binary" }),
    ),
    listener: fc.string(),
  },
  { requiredKeys: ["table", "queues"] },
);

describe("a function's place", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(place, ({ queues, ...rest }) => {
        expect(readPlace(toVariables({ ...rest, queues: JSON.stringify(queues) }))).toEqual({ listener: undefined, ...rest, queues });
      }),
    );
  });

  it("is none of the config's business", () => {
    expect(readOverrides(toVariables({ table: "t", queues: "{}", listener: "l" }))).toEqual(readOverrides({}));
  });

  it("does not mind what else is in the environment", () => {
    const variables = { ...toVariables({ table: "t", queues: '{"a":"https://sqs"}' }), PATH: "/bin", KINTOUN_PAGINATE_BY: "5" };
    expect(readPlace(variables)).toEqual({ table: "t", queues: { a: "https://sqs" }, listener: undefined });
  });

  it.each([
    [{}, ["KINTOUN_TABLE", "KINTOUN_QUEUES"]],
    [{ KINTOUN_TABLE: "", KINTOUN_QUEUES: "{}" }, ["KINTOUN_TABLE"]],
    [{ KINTOUN_TABLE: "t", KINTOUN_QUEUES: "[]" }, ["KINTOUN_QUEUES"]],
    [{ KINTOUN_TABLE: "t", KINTOUN_QUEUES: '{"a":1}' }, ["KINTOUN_QUEUES.a"]],
    [{ KINTOUN_TABLE: "t", KINTOUN_QUEUES: "{" }, ["KINTOUN_QUEUES"]],
    [{ KINTOUN_TABLE: "t", KINTOUN_QUEUES: "" }, ["KINTOUN_QUEUES"]],
  ])("that infra did not write is refused by its variable: %j", (variables, names) => {
    let thrown: unknown;
    try {
      readPlace(variables);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Problem);
    expect((thrown as Problem).lines).toEqual(names.map((name) => expect.stringContaining(`The variable ${name} is not what infra writes: `)));
  });
});
