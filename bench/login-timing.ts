/**
 * Compares how long logins with a right password, a wrong one and an unknown account take: `node bench/login-timing.ts`.
 * Prints means and Welch's t. A difference that an attacker could measure has |t| above 4 with many logins.
 */
import { startTestStore } from "@kintoun/testing";
import { accounts } from "../plugins/accounts/index.ts";

const LOGINS = Number(process.argv[2] ?? 200);
const KINDS = ["right", "wrong", "unknown"] as const;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]): number => {
  const center = mean(values);
  return values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);
};
const welch = (a: readonly number[], b: readonly number[]): number =>
  (mean(a) - mean(b)) / Math.sqrt(variance(a) / a.length + variance(b) / b.length);

await using store = await startTestStore({
  plugins: [accounts({ cacheSeconds: 0, attempts: { perAccount: 1000, perAddress: 100_000 } })],
});
const times: Record<(typeof KINDS)[number], number[]> = { right: [], wrong: [], unknown: [] };
await store.runCommand("accounts", "create", { id: "ada", password: "correct horse" });
for (let n = 0; n < LOGINS; n++) {
  // The order changes, so that no kind always follows another one.
  for (const kind of [...KINDS.slice(n % 3), ...KINDS.slice(0, n % 3)]) {
    const [id, password] =
      kind === "unknown"
        ? [`missing-${n}`, "correct horse"]
        : ["ada", kind === "right" ? "correct horse" : "wrong horse"];
    const headers = { authorization: `Basic ${btoa(`${id}:${password}`)}` };
    const start = performance.now();
    await store.get("/", { as: null, headers });
    times[kind].push(performance.now() - start);
  }
  // Ends the counts of wrong guesses.
  if (n % 50 === 49) store.clock.advance(3600_000);
}
for (const kind of KINDS) console.log(`${kind.padEnd(8)} ${mean(times[kind]).toFixed(2)} ms`);
console.log(`wrong and unknown: t = ${welch(times.wrong, times.unknown).toFixed(2)}`);
console.log(`right and wrong:   t = ${welch(times.right, times.wrong).toFixed(2)}`);
