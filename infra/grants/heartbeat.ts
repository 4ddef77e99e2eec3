import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { SearchNeed } from "../../kit/need.ts";
import { grantSearch } from "./search-domain.ts";

/** Lets a role ask whether what the store stands on is there, as `app/heartbeats.ts` does; of the table it asks what serving objects asks too. */
export const grantHeartbeat = (
  role: Role,
  { queues, engine }: { queues: readonly Queue[]; engine: SearchNeed | undefined },
): void => {
  role.addToPolicy(
    new PolicyStatement({ actions: ["sqs:GetQueueAttributes"], resources: queues.map(({ queueArn }) => queueArn) }),
  );
  if (engine !== undefined) grantSearch(role, engine, "ping");
};
