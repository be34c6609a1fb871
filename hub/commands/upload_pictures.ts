/**
 * Pictures into the hub: packs and their index; what the hub has is not sent again.
 *
 * @module
 */
import { writePictureIndex } from "../data/picture_index.ts";
import { packPictures } from "../images/pack_pictures.ts";
import { openPictureFiles } from "../images/picture_files.ts";
import type { HubClient } from "./hub_client.ts";
import type { Terminal } from "./terminal.ts";
import { uploadBytes } from "./upload_bytes.ts";

/** Where the progress of an upload is shown, and what stops it. */
export interface UploadProgress {
  readonly terminal: Pick<Terminal, "progress" | "clear">;
  readonly signal: AbortSignal;
}

/**
 * Sends the pictures of a folder or zip; the digest of their index.
 *
 * @throws {AppError} `usage` where there is no such folder or zip
 */
export async function uploadPictures(
  client: HubClient,
  path: string,
  { terminal, signal }: UploadProgress,
): Promise<string> {
  using files = await openPictureFiles(path);
  const index = await packPictures(files, {
    keep: (digest, bytes) => uploadBytes(client, bytes, digest),
    onProgress: (done, total) => terminal.progress(`pictures ${done} of ${total}`, done, total),
    signal,
  });
  terminal.clear();
  const bytes = await new Response(writePictureIndex(index)).bytes();
  return await uploadBytes(client, bytes);
}
