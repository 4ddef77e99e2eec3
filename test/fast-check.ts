import fc from "fast-check";

// PROPERTY_SEED repeats the cases of an earlier run. Without it, each run generates new cases.
if (process.env.PROPERTY_SEED !== undefined) fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED) });

export default fc;
