import fc from "fast-check";

// PROPERTY_SEED asks the same again; without it each run asks anew.
if (process.env.PROPERTY_SEED !== undefined) fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED) });

export default fc;
