/**
 * `monitor`, `alerts` and `webhooks`: how the champion does out there, what needs an eye, and who is told.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Alert } from "../registry/alerts.ts";
import type { CountedShare, MonitorReport } from "../registry/monitoring.ts";
import type { Delivery, Webhook } from "../registry/webhooks.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import { CATALOGUE, type Command, JSON_OUTPUT } from "./command.ts";
import { connectHub } from "./hub_client.ts";
import { table } from "./terminal.ts";
import { readSpan } from "./tokens_command.ts";

const percent = (share: number | null | undefined) =>
  share === null || share === undefined ? "–" : `${(share * 100).toFixed(1)} %`;
const counted = (share: CountedShare | null | undefined) =>
  share === null || share === undefined
    ? "–"
    : `${percent(share.value)} (${percent(share.low)} to ${percent(share.high)}, of ${share.n})`;

const monitor: Command = {
  name: "monitor",
  summary: "How the champion does: traffic, accuracy with and without labels, drift, recall.",
  positionals: "",
  options: [
    CATALOGUE,
    { name: "look", help: "look now, rather than show what the last look found" },
    JSON_OUTPUT,
  ],
  examples: ["deno task monitor", "deno task monitor --look --json"],
  async run(args, context) {
    await using client = await connectHub(context);
    const catalogue = await chooseCatalogue(args, client);
    const path = `/api/v1/catalogues/${catalogue}/monitoring`;
    const last = args.has("look")
      ? null
      : (await client.json<{ report: MonitorReport | null }>("GET", path)).report;
    const report = last ?? await client.json<MonitorReport>("POST", `${path}/look`);
    context.terminal.print(args.has("json") ? JSON.stringify(report) : reportText(report));
  },
};

function reportText(report: MonitorReport): string {
  const { traffic, drift, recallDrops } = report;
  const facts = table(["", ""], [
    ["looked at", report.at],
    ["champion", report.digest?.slice(0, 12) ?? "none"],
    ["predictions", `${traffic.predictions} in ${report.windowHours} h`],
    ["errors", String(traffic.errors)],
    ["to review", percent(traffic.reviewShare)],
    ["latency p95", traffic.latencyP95Ms === null ? "–" : `${traffic.latencyP95Ms.toFixed(1)} ms`],
    ["accuracy by feedback", counted(report.accuracy)],
    ["accuracy without labels", counted(report.estimatedAccuracy)],
    ["accuracy on gold", counted(report.expectedAccuracy)],
    ["drift", drift.why ?? drift.severity],
  ]);
  const findings = table(
    ["compared", "severity", "values", "PSI", "p"],
    drift.findings.map((f) => [
      f.what,
      f.severity,
      String(f.n),
      f.psi?.toFixed(3),
      f.chiSquared?.p.toPrecision(2),
    ]),
  );
  const drops = table(
    ["class", "severity", "on gold", "by feedback"],
    recallDrops.map((d) => [d.code, d.severity, percent(d.expected), counted(d.observed)]),
  );
  return [facts, findings, ...(recallDrops.length === 0 ? [] : [drops])].join("\n\n");
}

const ALERT_VERBS = ["list", "acknowledge", "mute", "unmute", "resolve"];

const alerts: Command = {
  name: "alerts",
  summary: "What needs somebody's eye: list, acknowledge, mute, resolve.",
  positionals: "[list|acknowledge ID|mute ID|unmute ID|resolve ID]",
  options: [
    CATALOGUE,
    { name: "all", help: "list: resolved ones, too" },
    { name: "for", value: "SPAN", help: "mute: how long, such as 8h or 7d (default 1d)" },
    JSON_OUTPUT,
  ],
  examples: ["deno task alerts", "deno task alerts mute ID --for 8h"],
  async run(args, context) {
    const [verb = "list", id] = args.positionals;
    requireVerb("alerts", verb, ALERT_VERBS);
    await using client = await connectHub(context);
    const print = (items: readonly Alert[]) =>
      context.terminal.print(args.has("json") ? JSON.stringify(items) : alertTable(items));
    if (verb === "list") {
      const query = new URLSearchParams({ limit: "200" });
      if (!args.has("all")) query.set("state", "unresolved");
      const catalogue = args.text("catalogue");
      if (catalogue !== undefined) query.set("catalogue", catalogue);
      return print((await client.json<{ items: Alert[] }>("GET", `/api/v1/alerts?${query}`)).items);
    }
    const path = `/api/v1/alerts/${encodeURIComponent(requireId("alerts", verb, id))}`;
    if (verb === "mute" || verb === "unmute") {
      const until = verb === "unmute" ? null : untilOf(args.text("for") ?? "1d");
      return print([await client.json("POST", `${path}/mute`, { until })]);
    }
    print([await client.json("POST", `${path}/${verb}`)]);
  },
};

function untilOf(text: string): string {
  const seconds = readSpan(text);
  if (seconds !== undefined) return new Date(Date.now() + seconds * 1000).toISOString();
  throw new AppError("usage", `--for must be a span such as 8h or 7d: current value is ${text}`);
}

function alertTable(items: readonly Alert[]): string {
  return table(
    ["alert", "catalogue", "severity", "state", "since", "what"],
    items.map((a) => [a.id, a.catalogue, a.severity, a.state, a.raisedAt, a.message]),
  );
}

const WEBHOOK_VERBS = ["list", "add", "on", "off", "test", "deliveries", "remove"];

const webhooks: Command = {
  name: "webhooks",
  summary:
    "Who is told of alerts: add an address, switch it on or off, test it, see what was sent.",
  positionals: "[list|add URL|on ID|off ID|test ID|deliveries ID|remove ID]",
  options: [
    { name: "name", value: "NAME", help: "add: what it is called (default: its host)" },
    {
      name: "secret-file",
      value: "FILE",
      help: "add: what bodies are signed with; one is made and shown when absent",
    },
    { name: "min-severity", value: "LEVEL", help: "add: info, warning (default) or critical" },
    { name: "catalogue", value: "NAME", help: "add: of this catalogue alone (default: all)" },
    JSON_OUTPUT,
  ],
  examples: [
    "deno task webhooks add https://hooks.example.com/aisle --min-severity critical",
    "deno task webhooks test ID",
  ],
  async run(args, context) {
    const { terminal } = context;
    const [verb = "list", given] = args.positionals;
    requireVerb("webhooks", verb, WEBHOOK_VERBS);
    await using client = await connectHub(context);
    const print = (items: readonly Webhook[]) =>
      terminal.print(args.has("json") ? JSON.stringify(items) : webhookTable(items));
    if (verb === "list") {
      return print((await client.json<{ items: Webhook[] }>("GET", "/api/v1/webhooks")).items);
    }
    if (verb === "add") {
      const url = requireId("webhooks", verb, given), file = args.text("secret-file");
      const secret = file === undefined
        ? crypto.getRandomValues(new Uint8Array(32)).toHex()
        : (await Deno.readTextFile(file)).trim();
      const made = await client.json<Webhook>("POST", "/api/v1/webhooks", {
        url,
        secret,
        name: args.text("name") ?? URL.parse(url)?.host ?? url,
        catalogue: args.text("catalogue") ?? null,
        minSeverity: args.text("min-severity") ?? "warning",
      });
      print([made]);
      if (file === undefined) terminal.note(`Its secret, which the hub will not show: ${secret}`);
      return;
    }
    const path = `/api/v1/webhooks/${encodeURIComponent(requireId("webhooks", verb, given))}`;
    if (verb === "remove") return void await client.json("DELETE", path);
    if (verb === "on" || verb === "off") {
      return print([await client.json("PATCH", path, { enabled: verb === "on" })]);
    }
    const sent = verb === "test"
      ? [await client.json<Delivery>("POST", `${path}/test`)]
      : (await client.json<{ items: Delivery[] }>("GET", `${path}/deliveries`)).items;
    terminal.print(args.has("json") ? JSON.stringify(sent) : deliveryTable(sent));
  },
};

function webhookTable(items: readonly Webhook[]): string {
  return table(
    ["webhook", "name", "to", "catalogue", "from", "state"],
    items.map((w) => [
      w.id,
      w.name,
      w.origin,
      w.catalogue ?? "all",
      w.minSeverity,
      w.enabled ? "on" : "off",
    ]),
  );
}

function deliveryTable(items: readonly Delivery[]): string {
  return table(
    ["message", "event", "state", "attempts", "status", "error", "created"],
    items.map((d) => [
      d.id,
      d.event,
      d.state,
      String(d.attempts),
      d.status === null ? null : String(d.status),
      d.error,
      d.createdAt,
    ]),
  );
}

function requireVerb(command: string, verb: string, verbs: readonly string[]): void {
  if (verbs.includes(verb)) return;
  throw new AppError("usage", `There is no ${command} ${verb}: say ${verbs.join(", ")}`);
}

function requireId(command: string, verb: string, id: string | undefined): string {
  if (id !== undefined) return id;
  throw new AppError("usage", `Say which: deno task ${command} ${verb} ID`);
}

/** Commands of this module. */
export const MONITOR_COMMANDS: readonly Command[] = [monitor, alerts, webhooks];
