/**
 * The health check of the images: exit status 0 where the address answers well within three seconds.
 *
 * @module
 */
const [address] = Deno.args;
const answer = await fetch(address!, { signal: AbortSignal.timeout(3_000) }).catch(() => null);
await answer?.body?.cancel();
Deno.exit(answer?.ok ? 0 : 1);
