/**
 * Which catalogue a command means when it does not say.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { CatalogueName } from "@aisle/shared/contract";
import type { Arguments } from "./command.ts";
import type { HubClient } from "./hub_client.ts";

/** A name as a catalogue may have it. @throws {AppError} `usage` */
export function catalogueName(text: string): string {
  const parsed = CatalogueName.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new AppError(
    "usage",
    `Cannot use ${JSON.stringify(text)} as a catalogue's name: it ${
      parsed.error.issues[0]?.message
    }`,
  );
}

/**
 * The catalogue of `--catalogue`, or the only one there is.
 *
 * @throws {AppError} `usage` where there is none, or more than one
 */
export async function chooseCatalogue(args: Arguments, client: HubClient): Promise<string> {
  const named = args.text("catalogue");
  if (named !== undefined) return catalogueName(named);
  const { items } = await client.json<{ items: { name: string }[] }>("GET", "/api/v1/catalogues");
  if (items.length === 1) return items[0]!.name;
  throw new AppError(
    "usage",
    items.length === 0
      ? "Cannot tell which catalogue: there is none yet. Make one with deno task pipeline --x x.csv --y y.csv"
      : `Cannot tell which catalogue: say --catalogue NAME, one of ${
        items.map((c) => c.name).join(", ")
      }`,
  );
}
