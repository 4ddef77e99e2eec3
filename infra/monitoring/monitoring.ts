import { Construct } from "constructs";
import type { DeployOptions } from "../../config/deploy.ts";
import { Alarms } from "./alarms.ts";
import { Budget } from "./budget.ts";
import { makeDashboard } from "./dashboard.ts";
import type { MonitoredStore } from "./monitored.ts";

/** What watches a store: a dashboard, and alarms and a budget if there is an address for them. */
export class Monitoring extends Construct {
  constructor(
    scope: Construct,
    store: MonitoredStore,
    {
      dashboard,
      alarmAddress,
      monthlyBudgetUsd,
    }: Pick<DeployOptions, "dashboard" | "alarmAddress" | "monthlyBudgetUsd">,
  ) {
    super(scope, "Monitoring");
    if (dashboard) makeDashboard(this, store);
    if (alarmAddress === undefined) return;
    new Alarms(this, store, alarmAddress);
    if (monthlyBudgetUsd !== undefined) new Budget(this, { address: alarmAddress, monthlyUsd: monthlyBudgetUsd });
  }
}
