// The CDK app of the store: `npx cdk deploy`, and `npx cdk deploy -c stage=prod`.
import { App, RemovalPolicy, Stack, Tags } from "aws-cdk-lib";
import { Kintoun, type KintounProps } from "kintoun/infra";

/** What differs between the stages. Each is a stack of its own. */
const STAGES: Readonly<Record<string, KintounProps>> = {
  // Its table is deleted with the stack.
  dev: { removalPolicy: RemovalPolicy.DESTROY, variables: { KINTOUN_DEPLOY_REQUESTS_PER_SECOND: "10" } },
  prod: { variables: {} },
};

const app = new App();
const stage = String(app.node.tryGetContext("stage") ?? "dev");
const props = STAGES[stage];
if (props === undefined) {
  console.error(`There is no stage '${stage}'. Choose one of: ${Object.keys(STAGES).join(", ")}.`);
  process.exit(1);
}

const stack = new Stack(app, `my-store-${stage}`, { description: `The store my-store, stage ${stage}` });
new Kintoun(stack, "Store", props);
Tags.of(stack).add("stage", stage);
