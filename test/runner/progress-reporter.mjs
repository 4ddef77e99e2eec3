/** Seconds per test file on two cores, measured over the whole suite. */
const SECONDS_PER_FILE = 0.8;
/** Time between two lines of progress, in ms. */
const INTERVAL_MS = 15_000;

const formatDuration = (seconds) =>
  seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;

/** Says how long a run takes, shows its progress, and ends with a line that a script can read. */
export default class ProgressReporter {
  #started = 0;
  #printed = 0;

  onRunStart({ numTotalTestSuites: total }) {
    this.#started = this.#printed = Date.now();
    if (total > 5)
      console.log(
        `Running ${total} test files. This takes about ${formatDuration(total * SECONDS_PER_FILE)} on two cores.`,
      );
  }

  onTestResult(_test, _result, { numPassedTestSuites, numFailedTestSuites, numTotalTestSuites }) {
    const done = numPassedTestSuites + numFailedTestSuites;
    if (Date.now() - this.#printed < INTERVAL_MS || done === numTotalTestSuites) return;
    this.#printed = Date.now();
    const seconds = (Date.now() - this.#started) / 1000;
    const left = (seconds / done) * (numTotalTestSuites - done);
    // Long files run first, so early estimates would be far too high.
    const estimate = done < numTotalTestSuites / 5 ? "" : `, about ${formatDuration(left)} left`;
    console.log(`${done} of ${numTotalTestSuites} test files done${estimate}.`);
  }

  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    process.once("exit", () =>
      console.log(`${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed`),
    );
  }
}
