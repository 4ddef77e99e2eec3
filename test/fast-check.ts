import fc from "fast-check";

// PROPERTY_SEED repeats the cases of an earlier run. Without it, each run generates new cases.
if (process.env.PROPERTY_SEED !== undefined) fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED) });
// Fewer cases, and no search for the simplest one that fails, for runs that only need to know whether a test fails.
if (process.env.PROPERTY_FAST !== undefined)
  fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: 20, endOnFailure: true });

export default fc;
