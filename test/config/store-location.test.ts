import { describe, expect, it } from "@jest/globals";
import { readOverrides } from "../../config/environment.ts";
import { readStoreLocation, toLocationVariables } from "../../config/store-location.ts";
import { UserError } from "../../config/user-error.ts";
import fc from "../fast-check.ts";

const STORE = "https://sqs.eu-central-1.amazonaws.com/123456789012/Kintoun-";
const location = fc.record(
  { table: fc.string({ minLength: 1 }), queues: fc.constant(STORE), listener: fc.string() },
  { requiredKeys: ["table", "queues"] },
);

describe("readStoreLocation", () => {
  it("reads what toLocationVariables wrote", () => {
    fc.assert(
      fc.property(location, ({ queues, ...rest }) => {
        expect(readStoreLocation(toLocationVariables({ ...rest, queues }), [])).toEqual({
          listener: undefined,
          ...rest,
          queues: {},
        });
      }),
    );
  });

  it("returns the hosts of search domains by name", () => {
    const searchEndpoints = {
      books: "search-books-a1.eu-central-1.es.amazonaws.com",
      films: "search-films-b2.example",
    };
    const variables = toLocationVariables({ table: "t", queues: STORE, searchEndpoints });

    expect(readStoreLocation(variables, []).searchEndpoints).toEqual(searchEndpoints);
    expect(toLocationVariables({ table: "t", queues: STORE, searchEndpoints: {} })).toEqual(
      toLocationVariables({ table: "t", queues: STORE }),
    );
  });

  it("has the bucket with copies of search indexes, if there is one", () => {
    const location = { table: "t", queues: STORE };

    expect(readStoreLocation(toLocationVariables({ ...location, indexCopies: "copies" }), []).indexCopies).toBe(
      "copies",
    );
    expect(readStoreLocation(toLocationVariables(location), [])).not.toHaveProperty("indexCopies");
  });

  it("has the buckets with plugins' files, if there are any", () => {
    const location = { table: "t", queues: STORE };
    const files = { attachments: "bucket-1", drops: "bucket-2" };

    expect(readStoreLocation(toLocationVariables({ ...location, files }), []).files).toEqual(files);
    expect(readStoreLocation(toLocationVariables({ ...location, files: {} }), [])).not.toHaveProperty("files");
  });

  it("returns the URLs of work queues and of the function's own dead-letter queue by name", () => {
    const queues = [
      { name: "email-notify", ordered: false },
      { name: "audit-all", ordered: true },
    ];
    const queuesOf = (own: { listener?: string; deadLetters?: string }) =>
      readStoreLocation(toLocationVariables({ table: "t", queues: STORE, ...own }), queues).queues;
    const work = { "email-notify": `${STORE}email-notify`, "audit-all": `${STORE}audit-all.fifo` };
    const deadLetters = "https://sqs.eu-central-1.amazonaws.com/1/Kintoun-Dead1-A2B3";

    expect(queuesOf({})).toEqual(work);
    expect(queuesOf({ listener: "audit-all", deadLetters })).toEqual({ ...work, "audit-all-dead": deadLetters });
    expect(queuesOf({ deadLetters })).toEqual({ ...work, "dispatch-failures": deadLetters });
  });

  it("uses variables that readOverrides ignores", () => {
    expect(readOverrides(toLocationVariables({ table: "t", queues: STORE, listener: "l" }))).toEqual(readOverrides({}));
  });

  it("ignores other variables", () => {
    const variables = { ...toLocationVariables({ table: "t", queues: STORE }), PATH: "/bin", KINTOUN_PAGINATE_BY: "5" };
    expect(readStoreLocation(variables, [])).toMatchObject({ table: "t", listener: undefined });
  });

  it.each([
    [{}, ["KINTOUN_TABLE", "KINTOUN_QUEUES"]],
    [{ KINTOUN_TABLE: "", KINTOUN_QUEUES: STORE }, ["KINTOUN_TABLE"]],
    [{ KINTOUN_TABLE: "t", KINTOUN_QUEUES: "" }, ["KINTOUN_QUEUES"]],
  ])("rejects missing or empty variables by name: %j", (variables, names) => {
    let thrown: unknown;
    try {
      readStoreLocation(variables, []);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UserError);
    expect((thrown as UserError).lines).toEqual(
      names.map((name) => `The variable ${name} is missing. Deploy the stack again.`),
    );
  });
});
