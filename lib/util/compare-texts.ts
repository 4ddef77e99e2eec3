/** UTF-16 sorts characters beyond U+FFFF, which are pairs of surrogates, before U+E000 to U+FFFF. */
const toOrder = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);

/** Compares texts by code points, as UTF-8 sorts. */
export const compareTexts = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return toOrder(x) - toOrder(y);
  }
  return a.length - b.length;
};
