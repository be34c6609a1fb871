/**
 * What the buttons of tokens do: make, give a new secret, revoke; the same verbs as the API.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../../api/context.ts";
import { refuseLastAdmin } from "../../api/last_admin.ts";
import type { Role } from "../../registry/tokens.ts";
import { flash } from "../flash.ts";
import { formField } from "../forms.ts";
import { textsOf } from "../language.ts";
import { keepSecret, requireViewer } from "../new_secret.ts";
import { GRACE_SECONDS } from "../pages/access.ts";
import { back, required } from "./form_action.ts";

export const TEXTS = {
  en: { revoked: (name: string) => `${name} is revoked.` },
  fr: { revoked: (name: string) => `${name} est révoqué.` },
};

const ROLES: readonly Role[] = ["admin", "operator", "reviewer", "viewer", "edge"];

/** Makes a token and shows its secret once. */
export async function createTokenAction(c: HubContext): Promise<Response> {
  const session = requireViewer(c);
  const name = await required(c, "name"), asked = await required(c, "role");
  const role = ROLES.find((known) => known === asked);
  if (role === undefined) {
    throw new AppError("input-invalid", `Cannot make a token: there is no role ${asked}`);
  }
  const catalogue = await formField(c, "catalogue"), expires = await formField(c, "expires");
  const at = new Date(`${expires}Z`);
  if (expires !== "" && Number.isNaN(at.getTime())) {
    throw new AppError("input-invalid", `Cannot make a token: it cannot expire at ${expires}`);
  }
  const made = await c.get("hub").registry.tokens.create({
    name: name.slice(0, 100),
    role,
    ...(catalogue === "" ? {} : { catalogue }),
    ...(expires === "" ? {} : { expiresAt: at.toISOString() }),
  });
  c.set("auditNote", {
    action: "create-token",
    target: made.record.id,
    details: { name, role, catalogue, expiresAt: made.record.expiresAt },
  });
  keepSecret(session, { kind: "token", name: made.record.name, secret: made.token });
  return c.redirect("/access", 303);
}

/** Gives a token a new secret and shows it once. */
export async function rotateTokenAction(c: HubContext): Promise<Response> {
  const session = requireViewer(c), id = c.req.param("id")!;
  const made = await c.get("hub").registry.tokens.rotate(id, { graceSeconds: GRACE_SECONDS });
  c.set("auditNote", {
    action: "rotate-token",
    target: id,
    details: { graceSeconds: GRACE_SECONDS },
  });
  keepSecret(session, { kind: "token", name: made.record.name, secret: made.token });
  return c.redirect("/access", 303);
}

/** Revokes a token. */
export async function revokeTokenAction(c: HubContext): Promise<Response> {
  const hub = c.get("hub"), id = c.req.param("id")!;
  await refuseLastAdmin(hub, id);
  const { name, role } = await hub.registry.tokens.revoke(id);
  c.set("auditNote", { action: "revoke-token", target: id, details: { name, role } });
  flash(c, textsOf(c, TEXTS).revoked(name));
  return await back(c);
}
