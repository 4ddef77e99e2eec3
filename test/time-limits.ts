/** By how much TEST_TIMEOUT_FACTOR lengthens the time limits of tests, for slow machines. */
const FACTOR = Number(process.env.TEST_TIMEOUT_FACTOR ?? 1);

/** Lengthens a time limit as the environment says. Limits find what hangs; no test asserts how long something takes. */
export const lengthen = (ms: number): number => ms * FACTOR;
