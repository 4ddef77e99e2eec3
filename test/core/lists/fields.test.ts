import { expect, it } from "@jest/globals";
import { createProjection, findValue } from "../../../core/lists/fields.ts";
import fc from "../../fast-check.ts";
import { objects } from "./values.ts";

const OBJECT = JSON.parse(
  '{"id":"r","last_modified":1,"a":{"b":{"c":1,"d":2},"e":[{"f":1}],"g":"text"},"h":null,"a.b":"dotted","__proto__":{"x":1,"y":2},"":{"":3}}',
);

it.each([
  ["h", '{"h":null,"id":"r","last_modified":1}'],
  ["id", '{"id":"r","last_modified":1}'],
  ["nothing", '{"id":"r","last_modified":1}'],
  ["a.b", '{"a":{"b":{"c":1,"d":2}},"id":"r","last_modified":1}'],
  ["a.b.c,h,a.g", '{"a":{"b":{"c":1},"g":"text"},"h":null,"id":"r","last_modified":1}'],
  ["a.b.c,a.b", '{"a":{"b":{"c":1,"d":2}},"id":"r","last_modified":1}'],
  ["a.b,a.b.c", '{"a":{"b":{"c":1,"d":2}},"id":"r","last_modified":1}'],
  ["a.nothing", '{"a":{},"id":"r","last_modified":1}'],
  ["a.e.f", '{"a":{"e":[{"f":1}]},"id":"r","last_modified":1}'],
  ["h.x", '{"h":null,"id":"r","last_modified":1}'],
  ["__proto__.x", '{"__proto__":{"x":1},"id":"r","last_modified":1}'],
  ["constructor,toString.call", '{"id":"r","last_modified":1}'],
  [".", '{"":{"":3},"id":"r","last_modified":1}'],
])("createProjection › with %s returns these fields, id and last_modified", (fields, expected) => {
  expect(JSON.stringify(createProjection(fields.split(","))(OBJECT))).toBe(expected);
});

it("createProjection › returns only existing fields and does not change prototypes", () => {
  const field = fc
    .array(fc.constantFrom("a", "b", "", "__proto__", "constructor"), { minLength: 1, maxLength: 3 })
    .map((keys) => keys.join("."));
  fc.assert(
    fc.property(objects, fc.array(field, { maxLength: 4 }), (all, fields) => {
      for (const object of all) {
        const projected = createProjection(fields)(object);
        expect(Object.getPrototypeOf(projected)).toBe(Object.prototype);
        expect(createProjection(Object.keys(object).filter((key) => !key.includes(".")))(object)).toEqual(
          Object.fromEntries(Object.entries(object).filter(([key]) => !key.includes("."))),
        );
        expect(createProjection(fields)(projected)).toEqual(projected);
        // As in Kinto, filters find keys with dots, but fields are paths of keys without dots.
        const isDotted = JSON.stringify(object).includes('"a.b":');
        for (const name of fields.filter((name) => !isDotted || !name.includes("a.b"))) {
          expect(JSON.stringify(findValue(projected, name)) ?? "nothing").toBe(
            JSON.stringify(findValue(object, name)) ?? "nothing",
          );
        }
      }
    }),
  );
});

it("createProjection › takes time linear in the depth of a field", () => {
  // Time quadratic in the depth would be minutes.
  const deep = `${"a.".repeat(200_000)}a`;
  expect(createProjection([deep, "b"])({ a: 1, b: 2, id: "x" })).toEqual({ a: 1, b: 2, id: "x" });
});
