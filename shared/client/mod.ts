/**
 * Typed clients of what Aisle serves.
 *
 * @module
 */
export { createHubClient, HubProblem } from "./hub.ts";
export type {
  Answer,
  CallOptions,
  HubClient,
  HubClientOptions,
  Input,
  OperationId,
} from "./hub.ts";
export type { HubSchemas } from "./hub_api.ts";
export { followJob } from "./hub_events.ts";
export type { JobEvent } from "./hub_events.ts";
