/**
 * Who is told of alerts: webhooks with what became of their last message, and the form for a new one. Admins only.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import { ALERT_WEIGHT } from "../registry/alerts.ts";
import type { Delivery, Webhook } from "../registry/webhooks.ts";
import { type Html, time } from "./format.ts";
import { textsOf } from "./language.ts";
import { actionForm } from "./layout.ts";
import { takeSecret } from "./new_secret.ts";
import { stateBadge } from "./states.ts";
import { table } from "./tables.ts";

export const TEXTS = {
  en: {
    webhooks: "Webhooks",
    none: "Nobody is told of alerts but by this page.",
    name: "Name",
    address: "Address",
    about: "About",
    from: "From severity",
    state: "State",
    last: "Last message",
    noMessage: "none yet",
    all: "all catalogues",
    severities: (severity: string) => severity,
    off: "off",
    test: "Send a test",
    testIt: (name: string) => `Send a test to ${name}`,
    remove: "Remove",
    removeIt: (name: string) => `Remove ${name}`,
    removeSure: (name: string) =>
      `Remove the webhook ${name}? What waits to be sent to it is lost, too.`,
    create: "Add a webhook",
    createIt: "Add it",
    url: "Address (https)",
    secret: (name: string) => `The secret that messages to ${name} are signed with`,
    secretOnce: "It is shown this once. Give it to the receiver, to check x-aisle-signature.",
  },
  fr: {
    webhooks: "Webhooks",
    none: "Personne n’est averti des alertes hors de cette page.",
    name: "Nom",
    address: "Adresse",
    about: "Objet",
    from: "À partir de",
    state: "État",
    last: "Dernier message",
    noMessage: "aucun encore",
    all: "tous les catalogues",
    severities: (severity: string) =>
      ({ info: "info", warning: "attention", critical: "critique" })[severity] ?? severity,
    off: "arrêté",
    test: "Envoyer un essai",
    testIt: (name: string) => `Envoyer un essai à ${name}`,
    remove: "Retirer",
    removeIt: (name: string) => `Retirer ${name}`,
    removeSure: (name: string) =>
      `Retirer le webhook ${name} ? Ce qui attend de lui être envoyé est perdu aussi.`,
    create: "Ajouter un webhook",
    createIt: "L’ajouter",
    url: "Adresse (https)",
    secret: (name: string) => `Le secret qui signe les messages à ${name}`,
    secretOnce:
      "Il n’est montré qu’une fois. Donnez-le au destinataire, pour vérifier x-aisle-signature.",
  },
};

/** The secret of a webhook that was just made, where one waits to be shown. */
export function newWebhookSecret(c: HubContext): Html | "" {
  const t = textsOf(c, TEXTS), made = takeSecret(c, "webhook");
  return made === null ? "" : html`
    <section class="panel flash" role="status">
      <h2>${t.secret(made.name)}</h2>
      <p>${t.secretOnce}</p>
      <pre tabindex="0">${made.secret}</pre>
    </section>
  `;
}

/** The panels of webhooks; nothing for those who may not see them. */
export async function webhooksPanel(
  c: HubContext,
  catalogues: readonly string[],
): Promise<Html | ""> {
  if (c.get("principal")?.role !== "admin") return "";
  const t = textsOf(c, TEXTS), { webhooks } = c.get("hub").registry;
  const rows = await Promise.all(
    (await webhooks.list()).map(async (webhook) =>
      rowOf(c, webhook, (await webhooks.deliveries(webhook.id, { limit: 1 })).items[0])
    ),
  );
  return html`
    <section class="panel" id="webhooks" data-live><h2>${t.webhooks}</h2>${table(
      [
        t.name,
        t.address,
        { name: t.about, extra: true },
        { name: t.from, extra: true },
        t.last,
        "",
      ],
      rows,
      t.none,
    )}</section>
    <section class="panel" id="new-webhook"><h2>${t.create}</h2>${createForm(
      c,
      catalogues,
    )}</section>
  `;
}

function rowOf(c: HubContext, webhook: Webhook, last: Delivery | undefined): Html {
  const t = textsOf(c, TEXTS), { id, name, origin, catalogue, minSeverity, enabled } = webhook;
  const path = `/ui/webhooks/${encodeURIComponent(id)}`;
  return html`
    <tr>
      <td>${name}${enabled ? "" : ` (${t.off})`}</td>
      <td>${origin}</td>
      <td>${catalogue ?? t.all}</td>
      <td>${t.severities(minSeverity)}</td>
      <td>${last === undefined
        ? t.noMessage
        : html`${stateBadge(c, last.state)} ${time(last.settledAt ?? last.createdAt, "ago")}${
          last.error === null ? "" : html`<br><small>${last.error}</small>`
        }`}</td>
      <td class="buttons">${actionForm(c, {
        action: `${path}/test`,
        button: t.test,
        label: t.testIt(name),
      })} ${actionForm(c, {
        action: `${path}/remove`,
        button: t.remove,
        label: t.removeIt(name),
        confirm: t.removeSure(name),
      })}</td>
    </tr>
  `;
}

function createForm(c: HubContext, catalogues: readonly string[]): Html {
  const t = textsOf(c, TEXTS);
  const severities = Object.keys(ALERT_WEIGHT);
  return actionForm(c, {
    action: "/ui/webhooks",
    button: t.createIt,
    main: true,
    fields: html`
      <div class="row">
        <div>
          <label for="webhook-name">${t.name}</label>
          <input id="webhook-name" name="name" required maxlength="100" autocomplete="off">
        </div>
        <div>
          <label for="webhook-url">${t.url}</label>
          <input id="webhook-url" name="url" type="url" required maxlength="2000" autocomplete="off">
        </div>
        <div>
          <label for="webhook-catalogue">${t.about}</label>
          <select id="webhook-catalogue" name="about">
            <option value="">${t.all}</option>
            ${catalogues.map((name) => html`<option>${name}</option>`)}
          </select>
        </div>
        <div>
          <label for="webhook-severity">${t.from}</label>
          <select id="webhook-severity" name="minSeverity">${severities.map((severity) =>
            html`<option value="${severity}" ${severity === "warning" ? "selected" : ""}>${
              t.severities(severity)
            }</option>`
          )}</select>
        </div>
      </div>
    `,
  });
}
