/**
 * The dashboard: pages for people, made on the server, beside the API and behind the same guard.
 *
 * Pages are whole without scripts; one small module writes local times and keeps what is shown fresh.
 *
 * @module
 */
import type { HubApp } from "../api/context.ts";
import { AppError } from "@aisle/shared/errors";
import { isDigest } from "@aisle/shared/hash";
import { respondWithBlob } from "../api/byte_response.ts";
import {
  createCatalogueAction,
  startOnFilesAction,
  trainOnCheckedAction,
  uploadAction,
} from "./actions/catalogue_actions.ts";
import { cancelAction, startAction } from "./actions/job_actions.ts";
import { addLabelAction, mergeLabelsAction, renameLabelAction } from "./actions/label_actions.ts";
import { pinAction, unpinAction } from "./actions/edge_actions.ts";
import { promoteAction, rollbackAction } from "./actions/release_actions.ts";
import { deleteRunAction, noteAction, restoreRunAction, tagAction } from "./actions/run_actions.ts";
import {
  createTokenAction,
  revokeTokenAction,
  rotateTokenAction,
} from "./actions/token_actions.ts";
import { decideAction, judgeSourceAction, resolveAction } from "./actions/feedback_actions.ts";
import { answerAction, newLabelAction, skipAction, undoAction } from "./actions/review_actions.ts";
import {
  acknowledgeAction,
  lookAction,
  muteAction,
  resolveAlertAction,
} from "./actions/alert_actions.ts";
import {
  createWebhookAction,
  removeWebhookAction,
  testWebhookAction,
} from "./actions/webhook_actions.ts";
import {
  removeScheduleAction,
  runScheduleAction,
  setScheduleAction,
  switchScheduleAction,
} from "./actions/schedule_actions.ts";
import { addErrorPages } from "./error_pages.ts";
import { refuseForgeries } from "./forms.ts";
import { languageAction, writeInLanguage } from "./language.ts";
import { cataloguePage } from "./pages/catalogue.ts";
import { columnsPage } from "./pages/columns.ts";
import { dataPage } from "./pages/data.ts";
import { monitoringPage } from "./pages/monitoring.ts";
import { edgesPage } from "./pages/edges.ts";
import { jobPage } from "./pages/job.ts";
import { jobsPage } from "./pages/jobs.ts";
import { goldPage } from "./pages/gold.ts";
import { labelPage, labelsPage } from "./pages/labels.ts";
import { lineagePage } from "./pages/lineage.ts";
import { modelPage } from "./pages/model.ts";
import { modelCardPage } from "./pages/model_card.ts";
import { modelsPage } from "./pages/models.ts";
import { feedbackTrustPage } from "./pages/feedback_trust.ts";
import { overviewPage } from "./pages/overview.ts";
import { accessPage } from "./pages/access.ts";
import { compareRunsPage } from "./pages/compare_runs.ts";
import { reviewPage } from "./pages/review.ts";
import { runPage } from "./pages/run.ts";
import { runsPage } from "./pages/runs.ts";
import { diffPage, setAsidePage, versionPage } from "./pages/version.ts";
import { tryAction, tryPage } from "./pages/try.ts";
import { reviewWhyPage } from "./review_parts.ts";
import { signIn, signInPage, signOut } from "./sign_in.ts";
import catalogue from "./assets/catalogue.css" with { type: "text" };
import charts from "./assets/charts.css" with { type: "text" };
import data from "./assets/data.css" with { type: "text" };
import frame from "./assets/frame.css" with { type: "text" };
import overview from "./assets/overview.css" with { type: "text" };
import jobs from "./assets/jobs.css" with { type: "text" };
import jobsScript from "./assets/jobs.js" with { type: "text" };
import parts from "./assets/parts.css" with { type: "text" };
import learning from "./assets/learning.css" with { type: "text" };
import review from "./assets/review.css" with { type: "text" };
import reviewScript from "./assets/review.js" with { type: "text" };
import script from "./assets/aisle.js" with { type: "text" };
import threshold from "./assets/threshold.js" with { type: "text" };
import upload from "./assets/upload.js" with { type: "text" };
import icon from "./assets/aisle.svg" with { type: "text" };

const ASSETS: Readonly<Record<string, readonly [string, string]>> = {
  "aisle.css": [
    "text/css; charset=utf-8",
    [
      frame,
      parts,
      charts,
      data,
      overview,
      catalogue,
      learning,
      review,
      jobs,
    ].join("\n"),
  ],
  "aisle.js": ["text/javascript; charset=utf-8", script],
  "review.js": ["text/javascript; charset=utf-8", reviewScript],
  "threshold.js": ["text/javascript; charset=utf-8", threshold],
  "upload.js": ["text/javascript; charset=utf-8", upload],
  "jobs.js": ["text/javascript; charset=utf-8", jobsScript],
  "aisle.svg": ["image/svg+xml", icon],
};

/** Reports hold what users wrote: no script, no form, no frame, an origin of their own. */
const REPORT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Adds the dashboard's routes to `app`. */
export function mountDashboard(app: HubApp): void {
  addErrorPages(app);
  app.use(writeInLanguage);
  app.get("/assets/:file", (c) => {
    const asset = ASSETS[c.req.param("file")];
    if (asset === undefined) throw new AppError("not-found", `Cannot find ${c.req.path}`);
    return c.body(asset[1], 200, { "content-type": asset[0], "cache-control": "no-cache" });
  });
  app.use("/ui/*", refuseForgeries);
  app.get("/sign-in", (c) => signInPage(c));
  app.post("/ui/sign-in", signIn);
  app.post("/ui/sign-out", signOut);
  app.post("/ui/language", languageAction);
  for (const add of SECTIONS) add(app);
}

/** Each section's pages and what its buttons do. */
const SECTIONS: readonly ((app: HubApp) => void)[] = [
  function overview(app) {
    app.get("/", overviewPage);
  },

  function catalogue(app) {
    app.get("/catalogue", cataloguePage);
    app.get("/catalogue/columns", columnsPage);
    app.put("/ui/blobs", uploadAction);
    app.post("/ui/catalogues", createCatalogueAction);
    app.post("/ui/catalogue/start", startOnFilesAction);
    app.post("/ui/catalogue/train", trainOnCheckedAction);
  },

  function labels(app) {
    app.get("/labels", labelsPage);
    app.get("/labels/change", labelPage);
    app.post("/ui/labels/add", addLabelAction);
    app.post("/ui/labels/rename", renameLabelAction);
    app.post("/ui/labels/merge", mergeLabelsAction);
  },

  function data(app) {
    app.get("/data", dataPage);
    app.get("/data/:digest", versionPage);
    app.get("/data/:digest/diff", diffPage);
    app.get("/data/:digest/set-aside", setAsidePage);
    app.get("/reports/:digest", (c) => {
      const digest = c.req.param("digest");
      if (!isDigest(digest)) throw new AppError("not-found", `Cannot find the report ${digest}`);
      return respondWithBlob(c, digest, {
        contentType: "text/html; charset=utf-8",
        headers: { "content-security-policy": REPORT_POLICY },
      });
    });
  },

  function runs(app) {
    app.get("/runs", runsPage);
    app.get("/runs/compare", compareRunsPage);
    app.get("/runs/:id", runPage);
    app.post("/ui/runs/:id/note", noteAction);
    app.post("/ui/runs/:id/tags", tagAction);
    app.post("/ui/runs/:id/delete", deleteRunAction);
    app.post("/ui/runs/:id/restore", restoreRunAction);
  },

  function models(app) {
    app.get("/models", modelsPage);
    app.get("/models/:digest", modelPage);
    app.get("/models/:digest/card", modelCardPage);
    app.get("/models/:digest/gold", goldPage);
    app.get("/lineage", lineagePage);
    app.post("/ui/promote", promoteAction);
    app.post("/ui/rollback", rollbackAction);
  },

  function jobs(app) {
    app.get("/jobs", jobsPage);
    app.get("/jobs/:id", jobPage);
    app.post("/ui/jobs", startAction);
    app.post("/ui/jobs/:id/cancel", cancelAction);
    app.post("/ui/schedules", setScheduleAction);
    app.post("/ui/schedules/:id", switchScheduleAction);
    app.post("/ui/schedules/:id/run", runScheduleAction);
    app.post("/ui/schedules/:id/remove", removeScheduleAction);
  },

  function review(app) {
    app.get("/review", reviewPage);
    app.get("/review/feedback", feedbackTrustPage);
    app.get("/review/why/:id", reviewWhyPage);
    app.post("/ui/review/answer", answerAction);
    app.post("/ui/review/label", newLabelAction);
    app.post("/ui/review/skip", skipAction);
    app.post("/ui/review/undo", undoAction);
    app.post("/ui/feedback/source", judgeSourceAction);
    app.post("/ui/feedback/release", decideAction("release"));
    app.post("/ui/feedback/reject", decideAction("reject"));
    app.post("/ui/feedback/resolve", resolveAction);
  },

  function monitoring(app) {
    app.get("/monitoring", monitoringPage);
    app.post("/ui/monitoring/look", lookAction);
    app.post("/ui/alerts/:id/acknowledge", acknowledgeAction);
    app.post("/ui/alerts/:id/mute", muteAction);
    app.post("/ui/alerts/:id/resolve", resolveAlertAction);
    app.post("/ui/webhooks", createWebhookAction);
    app.post("/ui/webhooks/:id/test", testWebhookAction);
    app.post("/ui/webhooks/:id/remove", removeWebhookAction);
  },

  function edges(app) {
    app.get("/edges", edgesPage);
    app.post("/ui/edges/pin", pinAction);
    app.post("/ui/edges/unpin", unpinAction);
  },

  function access(app) {
    app.get("/access", accessPage);
    app.post("/ui/tokens", createTokenAction);
    app.post("/ui/tokens/:id/rotate", rotateTokenAction);
    app.post("/ui/tokens/:id/revoke", revokeTokenAction);
  },

  function trial(app) {
    app.get("/try", tryPage);
    app.post("/ui/try", tryAction);
  },
];
