import type { Reporter, TestModule } from "vitest/node";
import skipped from "../skipped.json" with { type: "json" };

/** Ends vitest's run with one line that a script can read. What was neither passed nor named in skipped.json has failed, and so has a name there that no test bears. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const names = Object.values(skipped["kinto.js"]).flat();
    const vanished = names.filter((name) => !tests.some(({ fullName }) => fullName.startsWith(name)));
    for (const name of vanished) console.log(`skipped.json names what is not there: ${name}`);
    const asked = tests.filter(({ fullName }) => !names.some((name) => fullName.startsWith(name)));
    const passed = asked.filter((test) => test.result().state === "passed").length;
    const failed = asked.length - passed + vanished.length + errors.length;
    const broken = failed === 0 && modules.some((module) => !module.ok());
    if (failed > 0 || broken) process.exitCode = 1;
    process.once("exit", () => console.log(`${passed} passed, ${broken ? 1 : failed} failed`));
  }
}
