import { isObject, parseJson } from "../../lib/json.ts";
import { jsonOf, jsonResponse, operationOf, type ServiceRequest, type ServiceResponse } from "../proxy/service.ts";

/** The log of a function. */
export interface FunctionLog {
  readonly group: string;
  readonly lines: readonly string[];
}

/** CloudWatch Logs, for the logs of functions. Their lines have a time, and filters compare one field. */
export const createLogs =
  (listLogs: () => readonly FunctionLog[]) =>
  async (request: ServiceRequest): Promise<ServiceResponse> => {
    const { logGroupName, startTime, endTime, filterPattern } = jsonOf(request);
    const [, field = "", value] = /^\{ \$\.(\w+) = "(\w+)" \}$/.exec(String(filterPattern)) ?? [];
    const events = listLogs()
      .filter(({ group }) => group === logGroupName)
      .flatMap(({ lines }) => lines)
      .flatMap((message) => {
        const line = parseLine(message);
        const timestamp = Date.parse(String(line?.timestamp));
        const isFound = line?.[field] === value && timestamp >= Number(startTime) && timestamp <= Number(endTime);
        return isFound ? [{ timestamp, message }] : [];
      });
    return jsonResponse(200, { events });
  };

const parseLine = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const line: unknown = parseJson(text);
    return isObject(line) ? line : undefined;
  } catch {
    return undefined;
  }
};

/** CloudWatch, which has no metrics here. */
export const createMetrics = async (request: ServiceRequest): Promise<ServiceResponse> => {
  const { MetricDataQueries } = jsonOf(request);
  const queries: readonly { readonly Id?: string }[] = Array.isArray(MetricDataQueries) ? MetricDataQueries : [];
  if (operationOf(request) !== "GetMetricData") return jsonResponse(400, { __type: "UnknownOperationException" });
  return jsonResponse(200, { MetricDataResults: queries.map(({ Id }) => ({ Id, Values: [] })) });
};
