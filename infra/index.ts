/** The constructs of the CDK for other people's apps: the export `kintoun/infra` of the package. */
export type { CloudFrontOptions } from "./distribution.ts";
export type { StoreDomain } from "./domain.ts";
export { Kintoun, type KintounProps } from "./kintoun.ts";
export type { StoreNetwork } from "./vpc.ts";
