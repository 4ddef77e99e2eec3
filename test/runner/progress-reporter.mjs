import { writeSync } from "node:fs";
import { relative } from "node:path";

/** Seconds per test file on two cores, measured over the whole suite. */
const SECONDS_PER_FILE = 1.4;
/** Time between two lines of progress, in ms. */
const INTERVAL_MS = 15_000;
/** Time after which a test file that still runs is named, in ms. */
const SLOW_MS = 120_000;

const formatDuration = (seconds) =>
  seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;

/**
 * Says how long a run takes, shows its progress, and ends with a line that a script can read: also when the process ends
 * early. It then names the test files that ran.
 */
export default class ProgressReporter {
  #started = 0;
  #printed = 0;
  /** Start times of the test files that run, by path. */
  #running = new Map();
  #counts = { passed: 0, failed: 0 };
  #isComplete = false;

  constructor() {
    process.once("exit", () => this.#printCounts());
    // A time limit of the step, see .ci/run.
    process.once("SIGTERM", () => process.exit(1));
  }

  onRunStart({ numTotalTestSuites: total }) {
    this.#started = this.#printed = Date.now();
    if (total > 20)
      console.log(
        `Running ${total} test files. This takes about ${formatDuration(total * SECONDS_PER_FILE)} on two cores.`,
      );
    setInterval(() => this.#nameSlow(), SLOW_MS).unref();
  }

  onTestFileStart({ path }) {
    this.#running.set(path, Date.now());
  }

  onTestFileResult({ path }, _result, results) {
    this.#running.delete(path);
    this.#count(results);
    const { numPassedTestSuites, numFailedTestSuites, numTotalTestSuites } = results;
    const done = numPassedTestSuites + numFailedTestSuites;
    if (Date.now() - this.#printed < INTERVAL_MS || done === numTotalTestSuites) return;
    this.#printed = Date.now();
    const seconds = (Date.now() - this.#started) / 1000;
    const left = (seconds / done) * (numTotalTestSuites - done);
    // Long files run first, so early estimates would be far too high.
    const estimate = done < numTotalTestSuites / 5 ? "" : `, about ${formatDuration(left)} left`;
    console.log(`${done} of ${numTotalTestSuites} test files done${estimate}.`);
  }

  onRunComplete(_contexts, results) {
    this.#count(results);
    this.#isComplete = true;
  }

  #count({ numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    this.#counts = { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
  }

  #nameSlow() {
    for (const [path, started] of this.#running)
      if (Date.now() - started >= SLOW_MS)
        console.log(`${relative("", path)} still runs after ${formatDuration((Date.now() - started) / 1000)}.`);
  }

  #printCounts() {
    const lines = [];
    if (!this.#isComplete) {
      lines.push("The run ended before all test files were done. These ran:");
      for (const path of this.#running.keys()) lines.push(`FAIL ${relative("", path)}`);
    }
    const failed = this.#counts.failed + (this.#isComplete ? 0 : Math.max(1, this.#running.size));
    lines.push(`${this.#counts.passed} passed, ${failed} failed`);
    // Jest buffers what is written to process.stdout, and this is the last moment.
    writeSync(1, `${lines.join("\n")}\n`);
  }
}
