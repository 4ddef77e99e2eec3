import fc from "fast-check";

// jest-light-runner does not print the cause of an error.
fc.configureGlobal({ includeErrorInReport: true });
// PROPERTY_SEED repeats the cases of an earlier run. Without it, each run generates new cases.
if (process.env.PROPERTY_SEED !== undefined)
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.PROPERTY_SEED) });
// Fewer cases, and no search for the simplest one that fails, for runs that only need to know whether a test fails.
if (process.env.PROPERTY_FAST !== undefined)
  fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: 20, endOnFailure: true });

const FIRST_SURROGATE = 0xd800;
const SURROGATES = 0x800;
const CODE_POINTS = 0x110000 - SURROGATES;

/** Any code point but surrogates: fast-check's unit "binary", which takes seconds to make a table of them all. */
export const codePoint = fc.integer({ min: 0, max: CODE_POINTS - 1 }).map(
  (index) => String.fromCodePoint(index < FIRST_SURROGATE ? index : index + SURROGATES),
  (text) => {
    const point = typeof text === "string" ? (text.codePointAt(0) ?? -1) : -1;
    if (point < 0 || String.fromCodePoint(point) !== text || !text.isWellFormed())
      throw new Error("It is not a code point.");
    return point < FIRST_SURROGATE ? point : point - SURROGATES;
  },
);

export default fc;
