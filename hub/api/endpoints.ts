/**
 * All endpoints of the hub's API, area by area.
 *
 * @module
 */
import { ADMINISTRATION } from "./areas/administration.ts";
import { ALERTS } from "./areas/alerts.ts";
import { BLOBS } from "./areas/blobs.ts";
import { CARDS } from "./areas/cards.ts";
import { CATALOGUES } from "./areas/catalogues.ts";
import { DELIVERY } from "./areas/delivery.ts";
import { EDGE } from "./areas/edge.ts";
import { EDGE_PICTURES } from "./areas/edge_pictures.ts";
import { FEEDBACK_TRUST } from "./areas/feedback_trust.ts";
import { FLEET } from "./areas/fleet.ts";
import { JOBS } from "./areas/jobs.ts";
import { LABELS } from "./areas/labels.ts";
import { LINEAGE } from "./areas/lineage.ts";
import { MAINTENANCE } from "./areas/maintenance.ts";
import { MODELS } from "./areas/models.ts";
import { MONITORING } from "./areas/monitoring.ts";
import { MONITORING_REPORTS } from "./areas/monitoring_reports.ts";
import { PICTURES } from "./areas/pictures.ts";
import { PRODUCTS } from "./areas/products.ts";
import { RELEASES } from "./areas/releases.ts";
import { REVIEW } from "./areas/review.ts";
import { RUNS } from "./areas/runs.ts";
import { SCHEDULES } from "./areas/schedules.ts";
import { SYSTEM } from "./areas/system.ts";
import { TOKENS } from "./areas/tokens.ts";
import { TRACKING } from "./areas/tracking.ts";
import { TRIAL } from "./areas/trial.ts";
import { WEBHOOKS } from "./areas/webhooks.ts";
import type { AnyEndpoint } from "./endpoint.ts";

/** Every endpoint. */
export const ENDPOINTS: readonly AnyEndpoint[] = [
  ...SYSTEM,
  ...CATALOGUES,
  ...PICTURES,
  ...PRODUCTS,
  ...BLOBS,
  ...JOBS,
  ...SCHEDULES,
  ...MAINTENANCE,
  ...RUNS,
  ...TRACKING,
  ...MODELS,
  ...CARDS,
  ...TRIAL,
  ...LINEAGE,
  ...RELEASES,
  ...LABELS,
  ...MONITORING,
  ...MONITORING_REPORTS,
  ...DELIVERY,
  ...ALERTS,
  ...WEBHOOKS,
  ...FEEDBACK_TRUST,
  ...REVIEW,
  ...ADMINISTRATION,
  ...TOKENS,
  ...EDGE,
  ...FLEET,
  ...EDGE_PICTURES,
];
