import { EventEmitter } from "node:events";

/** In place of the npm package of this name, as far as Kinto's client asks for it. */
export default (): EventEmitter => new EventEmitter();
