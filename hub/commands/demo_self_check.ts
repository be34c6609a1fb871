/**
 * The demo's self-check: the loop from a prediction to a better champion, through real HTTP.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { FeedbackAnswer, FeedbackRecord, Prediction } from "@aisle/shared/contract";
import { sha256 } from "@aisle/shared/hash";
import type { AliasState } from "../registry/aliases.ts";
import type { ModelEvaluation } from "../registry/models.ts";
import type { PipelineResult } from "../pipeline/pipeline.ts";
import type { Simulated } from "../scheduler/simulate.ts";
import type { Job } from "../registry/jobs.ts";
import type { Schedule } from "../registry/schedules.ts";
import type { CommandContext } from "./command.ts";
import { runJob } from "./follow_job.ts";
import type { HubClient } from "./hub_client.ts";
import { branchFigures } from "./print_result.ts";
import { percent } from "./terminal.ts";
import { waitFor } from "./wait_for.ts";

/** Products that simulated users bring: enough for an honestly better challenger. */
const USERS = 400;

/** What the check needs. */
export interface LoopCheck {
  readonly client: HubClient;
  readonly context: CommandContext;
  readonly edgeUrl: string;
  readonly catalogue: string;
  readonly sample: {
    readonly designation: string;
    readonly description: string;
    readonly code: string;
    readonly picture: Uint8Array<ArrayBuffer>;
  };
}

/** Predict, feedback, inspection, retrain, gate, swap, predict. @throws {AppError} `internal` at the first step that is not as it must be */
export async function checkLoop(check: LoopCheck): Promise<void> {
  const { client, context, edgeUrl, catalogue, sample } = check;
  const { terminal } = context;
  const champion = async () =>
    (await client.json<AliasState>("GET", `/api/v1/catalogues/${catalogue}/aliases`)).champion;
  const before = await champion();
  const { code: sampleCode, ...product } = sample;
  const predict = () => post<Prediction>(`${edgeUrl}/v1/predict`, formOf(product));

  await stopClock(client, catalogue);
  const first = await predict();
  requireThat(
    first.digest === before,
    `the edge serves ${first.digest}, the champion is ${before}`,
  );
  terminal.print(
    `Prediction   "${product.designation}" -> ${describe(first)} (it is ${sampleCode})`,
  );
  const shown = await post<Prediction>(
    `${edgeUrl}/v1/predict`,
    formOf({ designation: "", description: "", picture: product.picture }),
  );
  requireThat(
    shown.route === "image" && shown.picture === "used",
    `a picture alone was read from ${shown.route}, its picture ${shown.picture}`,
  );
  terminal.print(`Picture      alone -> ${describe(shown)}`);
  const feedback = await post<FeedbackAnswer>(`${edgeUrl}/v1/feedback`, {
    requestId: first.requestId,
    code: sampleCode,
    source: "self-check",
  });
  requireThat(
    feedback.stored && feedback.joined,
    "the first feedback was not stored with its product",
  );
  const [kept] = (await client.json<{ items: FeedbackRecord[] }>(
    "GET",
    `/api/v1/catalogues/${catalogue}/feedback?limit=1`,
  )).items;
  requireThat(
    kept?.product?.picture === sha256(product.picture),
    "the first feedback was not stored with its picture",
  );

  const users = await runJob<Simulated>(client, {
    catalogue,
    kind: "simulate",
    input: { edges: [edgeUrl], products: USERS, seed: 1 },
  }, context);
  requireThat(users.failed === 0, `${users.failed} requests failed: ${users.errors.join("; ")}`);
  requireThat(
    users.stored === users.feedback,
    `${users.feedback - users.stored} of ${users.feedback} pieces of feedback were not stored`,
  );
  terminal.print(
    `Users        ${users.predictions} predictions (${users.pictures} with a picture), ${
      percent(users.correct / users.predictions)
    } right; ${users.stored} pieces of feedback stored`,
  );

  await trustUsers(client, catalogue);

  // A client that never retries asks while the model behind the edge changes.
  using steady = new SteadyClient(`${edgeUrl}/v1/predict`, formOf(product));
  const inspection = await runJob<{ decision: string; reasons: string[]; retrainJob?: string }>(
    client,
    {
      catalogue,
      kind: "inspect",
      input: {},
    },
    context,
  );
  terminal.print(`Inspection   ${inspection.decision}: ${inspection.reasons.join("; ")}`);
  requireThat(inspection.retrainJob !== undefined, "the inspection started no retrain");
  const retrain = await waitFor("the retrain", async () => {
    const job = await client.json<Job>("GET", `/api/v1/jobs/${inspection.retrainJob}`);
    return job.state === "running" || job.state === "queued" ? undefined : job;
  }, { signal: context.signal, timeoutMs: 180_000 });
  requireThat(
    retrain.state === "succeeded",
    `the retrain ended ${retrain.state}: ${retrain.error?.message}`,
  );
  const result = retrain.result as PipelineResult;
  requireThat(
    result.verdict?.accept === true,
    `the gate refused the challenger: ${result.verdict?.failed.join("; ")}`,
  );
  const after = await champion();
  requireThat(after !== null && after !== before, "the champion did not change");

  const second = await waitFor("the edge's swap", async () => {
    const answer = await predict();
    return answer.digest === after ? answer : undefined;
  }, { signal: context.signal });
  const { asked, failed } = await steady.stop();
  requireThat(
    failed.length === 0,
    `${failed.length} of ${asked} requests failed during the swap: ${failed[0]}`,
  );
  terminal.print(`Swap         ${asked} requests meanwhile, none failed`);
  terminal.print(`Prediction   "${product.designation}" -> ${describe(second)}`);
  for (const [name, digest] of [["Champion 1", before], ["Champion 2", after]] as const) {
    const { evaluations } = await client.json<{ evaluations: ModelEvaluation[] }>(
      "GET",
      `/api/v1/models/${digest}?catalogue=${catalogue}`,
    );
    const metrics = evaluations[0]?.metrics ?? {};
    const branches = branchFigures(metrics);
    terminal.print(
      `${name}   ${digest!.slice(0, 12)}  gold: accuracy ${
        percent(metrics["accuracy"])
      }, weighted F1 ${percent(metrics["weightedF1"])}`,
    );
    if (branches !== null) terminal.print(`             ${branches}`);
  }
}

/** Keeps the hub from inspecting on its own meanwhile: what the check starts must be what retrains. */
async function stopClock(client: HubClient, catalogue: string): Promise<void> {
  const { items } = await client.json<{ items: Schedule[] }>("GET", "/api/v1/schedules");
  for (const { id, enabled, ...schedule } of items) {
    if (schedule.catalogue !== catalogue || !enabled) continue;
    await client.json("PATCH", `/api/v1/schedules/${id}`, { enabled: false });
  }
}

function describe(prediction: Prediction): string {
  const { label, confidence, decision, route, picture, digest } = prediction;
  return `${label} ${percent(confidence)} ${decision} by ${
    digest.slice(0, 12)
  } (${route}, picture ${picture})`;
}

function requireThat(condition: boolean, why: string): asserts condition {
  if (!condition) throw new AppError("internal", `Self-check failed: ${why}`);
}

/** A product as a browser's form sends it. */
function formOf(product: Omit<LoopCheck["sample"], "code">): FormData {
  const form = new FormData();
  form.set("designation", product.designation);
  form.set("description", product.description);
  form.set("image", new File([product.picture], "picture.webp"));
  return form;
}

async function post<T>(url: string, body: FormData | object): Promise<T> {
  const form = body instanceof FormData;
  const response = await fetch(url, {
    method: "POST",
    headers: form ? {} : { "content-type": "application/json" },
    body: form ? body : JSON.stringify(body),
  });
  const text = await response.text();
  requireThat(response.ok, `${url} answered ${response.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}

/** Asks without pause and without retry, and counts what fails. */
class SteadyClient implements Disposable {
  #stopped = false;
  #asked = 0;
  readonly #failed: string[] = [];
  readonly #done: Promise<void>;

  constructor(url: string, body: FormData) {
    this.#done = (async () => {
      while (!this.#stopped) {
        this.#asked++;
        try {
          await post(url, body);
        } catch (error) {
          this.#failed.push(String(error));
        }
        await new Promise((done) => setTimeout(done, 5));
      }
    })();
  }

  async stop(): Promise<{ asked: number; failed: readonly string[] }> {
    this.#stopped = true;
    await this.#done;
    return { asked: this.#asked, failed: this.#failed };
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
  }
}

/**
 * Says that the simulated users are believed, as whoever runs a shop does of their own: nearly all that is new comes
 * from them, and without a word the gate would refuse a gain that hangs on one source.
 */
async function trustUsers(client: HubClient, catalogue: string): Promise<void> {
  const path = `/api/v1/catalogues/${catalogue}/feedback/sources`;
  const { items } = await client.json<{ items: { source: string; edgeId: string }[] }>("GET", path);
  for (const { source, edgeId } of items.filter((item) => item.source === "simulate")) {
    await client.json("POST", path, { source, edgeId, trust: "trusted" });
  }
}
