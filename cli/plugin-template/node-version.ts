/** The oldest Node that runs TypeScript as it is. */
export const MIN_NODE_VERSION = "22.18";

/** The versions that a package's workflow tests: the oldest, and the one that Kintoun uses. */
const TESTED_NODE_VERSIONS = [MIN_NODE_VERSION, "24"];

/** The script that `npm test` of a package begins with. */
export const checkNode =
  (): string => `// Stops npm test on a Node that does not run TypeScript. Plain JavaScript, because any Node must run it.
const [major, minor] = process.versions.node.split(".").map(Number);
const [minMajor, minMinor] = "${MIN_NODE_VERSION}".split(".").map(Number);
if (major < minMajor || (major === minMajor && minor < minMinor)) {
  console.error(
    \`The tests need Node ${MIN_NODE_VERSION} or newer, but this is Node \${process.versions.node}. Install Node 24 from https://nodejs.org and run npm test again.\`,
  );
  process.exitCode = 1;
}
`;

/** The workflow of GitHub Actions that tests a package. */
export const workflow = (): string => `name: test
on:
  push:
  pull_request:
permissions: { contents: read }
jobs:
  test:
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    strategy:
      fail-fast: false
      matrix:
        node: [${TESTED_NODE_VERSIONS.map((version) => `"${version}"`).join(", ")}]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: "\${{ matrix.node }}" }
      - run: if [ -f package-lock.json ]; then npm ci; else npm install; fi
      - run: npm run types
      - run: npm test
`;
