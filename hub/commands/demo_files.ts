/**
 * The demo's files: written from the npm packages into a folder, as a user's own would lie there.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { buildDemo } from "../data/demo/build_demo.ts";
import type { Source } from "../data/source.ts";
import type { HubClient } from "./hub_client.ts";
import { nameLabels } from "./label_names.ts";
import { uploadSource } from "./upload.ts";
import type { UploadProgress } from "./upload_pictures.ts";

/** The demo on the disk. */
export interface DemoFiles {
  readonly rows: number;
  readonly classes: number;
  readonly pictures: number;
  /** One product to ask about, with its true code. */
  readonly sample: {
    readonly designation: string;
    readonly description: string;
    readonly code: string;
    /** Its picture's file. */
    readonly picture: Uint8Array<ArrayBuffer>;
  };
  /** Sends x.csv, y.csv and the pictures, and the names of the labels. */
  upload(client: HubClient, catalogue: string, progress: UploadProgress): Promise<Source>;
}

/** Writes x.csv, y.csv and images/ into `folder`; pictures that are there are not copied again. */
export async function writeDemoFiles(folder: string): Promise<DemoFiles> {
  const json = { with: { type: "json" } } as const;
  const [emoji, groups, messages] = await Promise.all([
    import("emojibase-data/fr/data.json", json),
    import("emojibase-data/meta/groups.json", json),
    import("emojibase-data/fr/messages.json", json),
  ]);
  const demo = buildDemo({
    emoji: emoji.default,
    groups: groups.default,
    messages: messages.default,
  });
  await Deno.mkdir(`${folder}/images`, { recursive: true });
  await Deno.writeTextFile(`${folder}/x.csv`, demo.x);
  await Deno.writeTextFile(`${folder}/y.csv`, demo.y);
  let pictures = 0;
  for (const { hexcode, image } of demo.products) {
    if (await copyPicture(hexcode, `${folder}/images/${webpName(image)}`)) {
      pictures++;
    }
  }
  const { designation, description, code, image } = demo.products[0]!;
  const picture = await Deno.readFile(`${folder}/images/${webpName(image)}`);
  return {
    rows: demo.products.length,
    classes: demo.labels.length,
    pictures,
    sample: { designation, description, code, picture },
    async upload(client, catalogue, progress) {
      await nameLabels(client, catalogue, demo.labels);
      return await uploadSource(client, {
        kind: "challenge",
        files: { x: `${folder}/x.csv`, y: `${folder}/y.csv`, csv: undefined },
        images: `${folder}/images`,
        columns: { text: [], label: null, id: null, image: null },
      }, progress);
    },
  };
}

/** The challenge's file name with the extension that the pictures really have. */
function webpName(image: string): string {
  return image.replace(/\.[a-z]+$/, ".webp");
}

/** Copies an emoji's picture out of the package; false where the package has none. */
async function copyPicture(hexcode: string, target: string): Promise<boolean> {
  const name = hexcode.toLowerCase();
  for (const candidate of [name, `${name}-fe0f`, name.replaceAll("-fe0f", "")]) {
    const from = fileURLToPath(
      import.meta.resolve(`@lobehub/fluent-emoji-3d/assets/${candidate}.webp`),
    );
    try {
      await Deno.copyFile(from, target);
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return false;
}
