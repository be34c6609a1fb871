import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import { type Database, DatabaseError, openDatabase } from "./database.ts";
import { audit } from "./schema/mod.ts";

const entry = (action: string) => ({ at: "t", actor: "a", action, target: "x" });

async function withFolder(work: (url: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "aisle database #1 " });
  try {
    await work(pathToFileURL(`${folder}/aisle.db`).href, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function actions(database: Database): Promise<string[]> {
  const rows = await database.read((db) =>
    db.select({ action: audit.action }).from(audit).orderBy(audit.seq)
  );
  return rows.map((row) => row.action);
}

const hasCode = (code: string) => (error: unknown) =>
  error instanceof AppError && error.code === code;

Deno.test("write() keeps all of its work or, when it throws, none", async () => {
  await withFolder(async (url) => {
    await using database = await openDatabase({ url });
    await database.write((tx) => tx.insert(audit).values(entry("kept")));
    await assert.rejects(
      database.write(async (tx) => {
        await tx.insert(audit).values(entry("lost"));
        throw new Error("changed my mind");
      }),
      /changed my mind/,
    );
    await database.write((tx) => tx.insert(audit).values(entry("after")));
    assert.deepEqual(await actions(database), ["kept", "after"]);
  });
});

Deno.test("writes that start together run one at a time, in order", async () => {
  await withFolder(async (url) => {
    await using database = await openDatabase({ url });
    const trace: string[] = [];
    await Promise.all(["1", "2", "3"].map((name) =>
      database.write(async (tx) => {
        trace.push(`${name} begins`);
        await tx.insert(audit).values(entry(name));
        await tx.select().from(audit);
        trace.push(`${name} ends`);
      })
    ));
    assert.deepEqual(
      trace,
      ["1", "2", "3"].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
    assert.deepEqual(await actions(database), ["1", "2", "3"]);
  });
});

Deno.test("read() runs beside an open write and sees only what is committed", async () => {
  await withFolder(async (url) => {
    await using database = await openDatabase({ url });
    await database.write(async (tx) => {
      await tx.insert(audit).values(entry("open"));
      assert.deepEqual(await actions(database), []);
    });
    assert.deepEqual(await actions(database), ["open"]);
  });
});

Deno.test("a write inside a write is refused instead of waiting for ever", async () => {
  await withFolder(async (url) => {
    await using database = await openDatabase({ url });
    const insert = (action: string) =>
      database.write((tx) => tx.insert(audit).values(entry(action)));
    await assert.rejects(
      database.write(async (tx) => {
        await tx.insert(audit).values(entry("outer"));
        await insert("inner");
      }),
      /Cannot write inside a write/,
    );
    await insert("after");
    assert.deepEqual(await actions(database), ["after"]);
  });
});

Deno.test("errors of the database carry the driver's code and no values", async () => {
  await withFolder(async (url) => {
    await using database = await openDatabase({ url });
    await assert.rejects(
      database.write((tx) => tx.run(sql`INSERT INTO audit (at, actor) VALUES ('t', ${"secret"})`)),
      (error) =>
        error instanceof DatabaseError && error.code.startsWith("SQLITE_CONSTRAINT") &&
        !error.message.includes("secret"),
    );
    await assert.rejects(database.read((db) => db.all(sql`SELECT ${"secret"} FROM nowhere`)), {
      name: "DatabaseError",
    });
  });
});

Deno.test("two processes on one file wait for each other instead of failing", async () => {
  await withFolder(async (url) => {
    await using one = await openDatabase({ url });
    await using two = await openDatabase({ url });
    await Promise.all(
      [one, two].flatMap((database, i) =>
        Array.from({ length: 20 }, (_, n) =>
          database.write(async (tx) => {
            await tx.insert(audit).values(entry(`${i}-${n}`));
          }))
      ),
    );
    assert.equal((await actions(one)).length, 40);
  });
});

Deno.test("a write that another process keeps waiting too long fails as locked, and the next one works", async () => {
  await withFolder(async (url) => {
    await using one = await openDatabase({ url });
    await using two = await openDatabase({ url, lockTimeoutMs: 50 });
    await one.write(async (tx) => {
      await tx.insert(audit).values(entry("one"));
      await assert.rejects(
        two.write((other) => other.insert(audit).values(entry("two"))),
        hasCode("locked"),
      );
      assert.deepEqual(await actions(two), [], "reading goes on meanwhile");
    });
    await two.write((tx) => tx.insert(audit).values(entry("two")));
    assert.deepEqual(await actions(one), ["one", "two"]);
  });
});

Deno.test("close() waits for writes under way, folds the log in and refuses what comes later", async () => {
  await withFolder(async (url, folder) => {
    const database = await openDatabase({ url });
    const writing = database.write(async (tx) => {
      await tx.insert(audit).values(entry("last"));
    });
    await Promise.all([writing, database.close(), database.close()]);
    await assert.rejects(database.write((tx) => tx.insert(audit).values(entry("late"))), /closed/);
    await assert.rejects(actions(database), /closed/);
    // A copy of the one file is the whole database.
    await Deno.copyFile(`${folder}/aisle.db`, `${folder}/copy.db`);
    await using copy = await openDatabase({ url: url.replace("aisle.db", "copy.db") });
    assert.deepEqual(await actions(copy), ["last"]);
  });
});

Deno.test("opening twice at once migrates once", async () => {
  await withFolder(async (url) => {
    const all = await Promise.all([1, 2, 3].map(() => openDatabase({ url })));
    const rows = await all[0]!.read((db) => db.all(sql`SELECT id FROM aisle_migrations`));
    assert.ok(rows.length > 0);
    for (const database of all) await database.close();
  });
});

Deno.test("a database of a newer version, or with an edited migration, is refused with the way to mend it", async () => {
  await withFolder(async (url) => {
    {
      await using database = await openDatabase({ url });
      await database.write((tx) =>
        tx.run(sql`INSERT INTO aisle_migrations (id, hash) VALUES (999, 'later')`)
      );
    }
    await assert.rejects(
      openDatabase({ url }),
      /written by a newer version of Aisle: update Aisle/,
    );
    const raw = new URL(url.replace("file:", "file://"));
    await Deno.remove(raw);
    {
      await using database = await openDatabase({ url });
      await database.write((tx) =>
        tx.run(sql`UPDATE aisle_migrations SET hash = 'edited' WHERE id = 0`)
      );
    }
    await assert.rejects(openDatabase({ url }), hasCode("conflict"));
  });
});

Deno.test("what is not a database is refused by name of the fault", async () => {
  await withFolder(async (url, folder) => {
    await Deno.writeTextFile(`${folder}/aisle.db`, "not a database, but long enough ".repeat(99));
    await assert.rejects(openDatabase({ url }), hasCode("data-invalid"));
    await assert.rejects(
      openDatabase({ url: pathToFileURL(`${folder}/none/x.db`).href }),
      hasCode("not-found"),
    );
  });
  for (const url of ["file::memory:", "mysql://user:secret@host/x", "aisle.db"]) {
    await assert.rejects(
      openDatabase({ url }),
      (error) => hasCode("usage")(error) && !(error as Error).message.includes("secret"),
    );
  }
});

Deno.test("a libSQL server that cannot be reached is said to be not ready", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await assert.rejects(openDatabase({ url: `http://127.0.0.1:${port}` }), hasCode("not-ready"));
});
