/**
 * Tokens and audit: who may do what, and who did what.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import { isLive, type TokenRecord } from "../../registry/tokens.ts";
import { auditPanel } from "../audit_panel.ts";
import { type Html, time } from "../format.ts";
import { textsOf } from "../language.ts";
import { actionForm, respondWithPage } from "../layout.ts";
import { takeSecret } from "../new_secret.ts";
import { stateBadge } from "../states.ts";
import { table } from "../tables.ts";

export const TEXTS = {
  en: {
    title: "Tokens and audit",
    tokens: "Tokens",
    name: "Name",
    role: "Role",
    roles: (role: string) => role,
    catalogue: "Catalogue",
    all: "all",
    state: "State",
    expires: "Expires",
    never: "never",
    used: "Last used",
    made: "Made",
    old: (until: string) => `the old secret counts until ${until}`,
    none: "No token.",
    rotate: "New secret",
    rotateIt: (name: string) => `Give ${name} a new secret`,
    rotateSure: (name: string) =>
      `Give ${name} a new secret? The old one counts for one more hour.`,
    revoke: "Revoke",
    revokeIt: (name: string) => `Revoke ${name}`,
    revokeSure: (name: string) => `Revoke ${name}? Whoever uses it is locked out at once.`,
    create: "Make a token",
    createIt: "Make it",
    forEdge: "Catalogue (an edge’s token may be held to one)",
    until: "Expires (UTC; never where it is empty)",
    secret: (name: string) => `The secret of ${name}`,
    secretOnce: "It is shown this once. Keep it where secrets are kept.",
  },
  fr: {
    title: "Jetons et audit",
    tokens: "Jetons",
    name: "Nom",
    role: "Rôle",
    roles: (role: string) =>
      ({
        admin: "administration",
        operator: "exploitation",
        reviewer: "relecture",
        viewer: "lecture",
        edge: "nœud",
      })[role] ?? role,
    catalogue: "Catalogue",
    all: "tous",
    state: "État",
    expires: "Expire",
    never: "jamais",
    used: "Dernier usage",
    made: "Créé",
    old: (until: string) => `l’ancien secret vaut jusqu’à ${until}`,
    none: "Aucun jeton.",
    rotate: "Nouveau secret",
    rotateIt: (name: string) => `Donner un nouveau secret à ${name}`,
    rotateSure: (name: string) =>
      `Donner un nouveau secret à ${name} ? L’ancien vaudra encore une heure.`,
    revoke: "Révoquer",
    revokeIt: (name: string) => `Révoquer ${name}`,
    revokeSure: (name: string) => `Révoquer ${name} ? Qui s’en sert est aussitôt exclu.`,
    create: "Créer un jeton",
    createIt: "Le créer",
    forEdge: "Catalogue (le jeton d’un nœud peut être limité à un seul)",
    until: "Expire (UTC ; jamais si c’est vide)",
    secret: (name: string) => `Le secret de ${name}`,
    secretOnce: "Il n’est montré qu’une fois. Gardez-le là où sont gardés les secrets.",
  },
};

const ROLES = ["viewer", "reviewer", "operator", "admin", "edge"] as const;
/** How long an old secret counts after a rotation by the button. */
export const GRACE_SECONDS = 3600;

/** Answers `/access`. */
export async function accessPage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS), { registry } = c.get("hub");
  const [tokens, catalogues] = await Promise.all([
    registry.tokens.list(),
    registry.catalogues.list(),
  ]);
  const secret = takeSecret(c, "token");
  const body = html`
    ${secret === null ? "" : html`
      <section class="panel flash" role="status">
        <h2>${t.secret(
          secret.name,
        )}</h2>
        <p>${t.secretOnce}</p>
        <pre tabindex="0">${secret.secret}</pre>
      </section>
    `}
    <section class="panel" id="tokens"><h2>${t.tokens}</h2>${tokenTable(c, tokens)}</section>
    <section class="panel"><h2>${t.create}</h2>${createForm(
      c,
      catalogues.map(({ name }) => name),
    )}</section>
    ${await auditPanel(c)}
  `;
  return await respondWithPage(c, { title: t.title, section: "/access", body });
}

function tokenTable(c: HubContext, tokens: readonly TokenRecord[]): Html {
  const t = textsOf(c, TEXTS), at = new Date(c.get("hub").now()).toISOString();
  return table(
    [
      t.name,
      t.role,
      t.state,
      { name: t.catalogue, extra: true },
      { name: t.expires, extra: true },
      { name: t.used, extra: true },
      { name: t.made, extra: true },
      "",
    ],
    tokens.map((token) => {
      const { id, name, role, previousUntil } = token;
      const live = isLive(token, at);
      const state = token.revokedAt !== null ? "revoked" : live ? "active" : "expired";
      return html`
        <tr>
          <td>${name}</td>
          <td>${t.roles(role)}</td>
          <td>${stateBadge(c, state)}${previousUntil !== null && previousUntil > at
            ? html`
              <br><small>${t.old(previousUntil.slice(0, 16).replace("T", " "))}</small>
            `
            : ""}</td>
          <td>${token.catalogue ?? (role === "edge" ? t.all : "–")}</td>
          <td>${token.expiresAt === null ? t.never : time(token.expiresAt)}</td>
          <td>${time(token.lastUsedAt, "ago")}</td>
          <td>${time(token.createdAt)}</td>
          <td class="buttons">${live
            ? html`${
              actionForm(c, {
                action: `/ui/tokens/${encodeURIComponent(id)}/rotate`,
                button: t.rotate,
                label: t.rotateIt(name),
                confirm: t.rotateSure(name),
              })
            } ${
              actionForm(c, {
                action: `/ui/tokens/${encodeURIComponent(id)}/revoke`,
                button: t.revoke,
                label: t.revokeIt(name),
                confirm: t.revokeSure(name),
              })
            }`
            : ""}</td>
        </tr>
      `;
    }),
    t.none,
  );
}

function createForm(c: HubContext, catalogues: readonly string[]): Html {
  const t = textsOf(c, TEXTS);
  return actionForm(c, {
    action: "/ui/tokens",
    button: t.createIt,
    main: true,
    fields: html`
      <div class="row">
        <div>
          <label for="name">${t.name}</label>
          <input id="name" name="name" required maxlength="100" autocomplete="off">
        </div>
        <div>
          <label for="role">${t.role}</label>
          <select id="role" name="role">${ROLES.map((role) =>
            html`<option value="${role}">${t.roles(role)}</option>`
          )}</select>
        </div>
        <div>
          <label for="token-catalogue">${t.forEdge}</label>
          <select id="token-catalogue" name="catalogue">
            <option value="">${t.all}</option>
            ${catalogues.map((name) => html`<option>${name}</option>`)}
          </select>
        </div>
        <div>
          <label for="expires">${t.until}</label>
          <input id="expires" name="expires" type="datetime-local">
        </div>
      </div>
    `,
  });
}
