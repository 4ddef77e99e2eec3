import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";

/** What is watched of a store. */
export interface MonitoredStore {
  readonly apiId: string;
  readonly api: IFunction;
  readonly search: IFunction | undefined;
  readonly dispatch: IFunction;
  readonly tableName: string;
  /** The work queues, with their dead-letter queues. */
  readonly queues: readonly { readonly name: string; readonly queue: Queue; readonly dead: Queue }[];
  /** Changes that reached no queue. */
  readonly failures: Queue;
}
