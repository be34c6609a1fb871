/**
 * What every button's action does with its form: reads fields, goes back to the page.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../../api/context.ts";
import { formField, localPath } from "../forms.ts";

/** The way back to the page that the form stood on. */
export async function back(c: HubContext): Promise<Response> {
  return c.redirect(localPath(await formField(c, "back")), 303);
}

/** A field that must not be empty. @throws {AppError} `input-invalid` */
export async function required(c: HubContext, name: string): Promise<string> {
  const value = (await formField(c, name)).trim();
  if (value === "") throw new AppError("input-invalid", `Cannot take this form: ${name} is empty`);
  return value;
}

/** The revision that the page showed: somebody else may have changed the aliases since. */
export async function expectedRevision(c: HubContext): Promise<number> {
  const revision = Number(await required(c, "expectedRevision"));
  if (Number.isInteger(revision)) return revision;
  throw new AppError("input-invalid", "Cannot take this form: expectedRevision is no whole number");
}
