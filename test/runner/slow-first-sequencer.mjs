import { readFile } from "node:fs/promises";
import Sequencer from "@jest/test-sequencer";

const isSlow = async (path) => /^\/\*\* @slow \*\/$/m.test((await readFile(path, "utf8")).slice(0, 200));

/**
 * Starts the test files whose first line is the comment `@slow` before all others, so that no long file is left alone
 * at the end of a run. The rest keeps jest's order: by the last duration, or by size where none is known.
 */
export default class SlowFirstSequencer extends Sequencer {
  async sort(tests) {
    const slow = new Set();
    await Promise.all(tests.map(async (test) => (await isSlow(test.path)) && slow.add(test)));
    const sorted = await super.sort(tests);
    return [...sorted.filter((test) => slow.has(test)), ...sorted.filter((test) => !slow.has(test))];
  }
}
