import { CfnBudget } from "aws-cdk-lib/aws-budgets";
import { Construct } from "constructs";

/** Shares of the budget in percent, of which each causes a mail. */
const NOTIFIED_PERCENT = [80, 100];

/** A budget for the costs of the account per month, with mails before it is used up. The first two of an account are free. */
export class Budget extends Construct {
  constructor(scope: Construct, { address, monthlyUsd }: { readonly address: string; readonly monthlyUsd: number }) {
    super(scope, "Budget");
    new CfnBudget(this, "Budget", {
      budget: { budgetType: "COST", timeUnit: "MONTHLY", budgetLimit: { amount: monthlyUsd, unit: "USD" } },
      notificationsWithSubscribers: NOTIFIED_PERCENT.map((threshold) => ({
        notification: {
          notificationType: "ACTUAL",
          comparisonOperator: "GREATER_THAN",
          threshold,
          thresholdType: "PERCENTAGE",
        },
        subscribers: [{ subscriptionType: "EMAIL", address }],
      })),
    });
  }
}
