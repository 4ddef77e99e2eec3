/** In place of the npm package of this name: what Node has had itself since. */
export const { Headers } = globalThis;
export default globalThis.fetch;
