/** Tells how far something is, on stderr: on a terminal in one line that changes, elsewhere every ten seconds, and at the end. */
export const openProgress = (unit: string, stream: NodeJS.WriteStream = process.stderr) => {
  const begun = performance.now();
  let told = 0;
  let shown = "";
  const show = (line: string, last: boolean) => {
    if (stream.isTTY) stream.write(`\r${line.padEnd(shown.length)}${last ? "\n" : ""}`);
    else if (last || performance.now() - told > SELDOM) stream.write(`${line}\n`);
    else return;
    shown = line;
    told = performance.now();
  };
  const line = (done: number, total?: number) => {
    const rate = done / Math.max(0.001, (performance.now() - begun) / 1000);
    return `${total === undefined ? "" : `${bar(done, total)} `}${done}${total === undefined ? "" : ` of ${total}`} ${unit}, ${rate.toFixed(1)} a second`;
  };
  return {
    /** @param total where it is known */
    step: (done: number, total?: number) => {
      if (!stream.isTTY || performance.now() - told > OFTEN) show(line(done, total), false);
    },
    end: (done: number, total?: number) => show(line(done, total), true),
  };
};

/** ms. */
const [OFTEN, SELDOM] = [100, 10_000];
const WIDTH = 24;

const bar = (done: number, total: number): string => {
  const full = total === 0 ? WIDTH : Math.min(WIDTH, Math.floor((done / total) * WIDTH));
  return `[${"#".repeat(full)}${"-".repeat(WIDTH - full)}]`;
};
