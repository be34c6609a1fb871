import assert from "node:assert/strict";
import { goldenPictureFile } from "@aisle/shared/bundle";
import { seedTrial } from "../testing/seed_trial.ts";
import { openDashboard, visit } from "./testing/signed_in.ts";

function formOf(fields: Readonly<Record<string, string | Blob>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

Deno.test("a product is tried on champion and challenger beside each other, with words, heat map and what was typed", async () => {
  await using hub = await openDashboard();
  const { text, fused } = await seedTrial(hub, (request) => hub.verbs.promote(request));
  const viewer = await visit(hub, "viewer");
  assert.match(await viewer.page("/try"), /enctype="multipart\/form-data"/);
  const picture = new Blob([goldenPictureFile({ seed: 3, width: 80, height: 60 })]);
  const response = await viewer.postForm(
    "/ui/try",
    formOf({ catalogue: "demo", designation: `red "kettle" <b>`, image: picture }),
  );
  assert.equal(response.status, 200);
  const page = await response.text();
  assert.match(page, /The champion[\s\S]*The challenger/);
  for (const digest of [text, fused]) assert.ok(page.includes(digest.slice(0, 12)));
  assert.equal([...page.matchAll(/class="panel trial"/g)].length, 2);
  assert.match(page, /kettle/);
  assert.match(page, /value="red &quot;kettle&quot; &lt;b&gt;"/);
  assert.match(page, /<svg class="heatmap" viewBox="0 0 80 60"/);
  assert.match(page, /data:image\/png;base64,/);
  assert.match(page, /They disagree|Both say the same/);
  const only = await viewer.postForm(
    "/ui/try",
    formOf({ catalogue: "demo", designation: "kettle", bundle: fused }),
  );
  assert.equal([...(await only.text()).matchAll(/class="panel trial"/g)].length, 1);
});

Deno.test("what cannot be tried is said on the page: nothing given, no picture, no bundle", async () => {
  await using hub = await openDashboard();
  const viewer = await visit(hub, "viewer");
  assert.match(await viewer.page("/try"), /Nothing to try/);
  await seedTrial(hub, (request) => hub.verbs.promote(request));
  const said = async (fields: Readonly<Record<string, string | Blob>>) => {
    const response = await viewer.postForm("/ui/try", formOf({ catalogue: "demo", ...fields }));
    assert.equal(response.status, 200);
    return await response.text();
  };
  assert.match(await said({ designation: " " }), /role="alert">Give a designation/);
  const broken = await said({ designation: "kettle", image: new Blob(["no picture"]) });
  assert.match(broken, /unreadable/);
  assert.doesNotMatch(broken, /class="heatmap"/);
  const unknown = await said({ designation: "kettle", bundle: "0".repeat(64) });
  assert.match(unknown, /role="alert"[\s\S]*has no bundle/);
  const before = (await hub.registry.audit.list()).items.filter((e) => e.action !== "sign-in");
  assert.deepEqual(before, []);
});
