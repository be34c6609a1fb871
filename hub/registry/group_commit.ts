/**
 * Many small writes in one transaction: each waits for it to be on the disk, and none waits for a transaction of its own.
 * Reads that many ask for at once go the same way.
 *
 * @module
 */

/** How long and how many. */
export interface GroupCommitOptions {
  /** Shortest time from one commit to the next; what comes meanwhile goes together. */
  readonly everyMs: number;
  /** Most items of one commit. */
  readonly most: number;
}

/** Collects items and commits them together; `commit` gives one answer an item, in order, or fails for all of them. */
export class GroupCommit<Item, Answer> {
  readonly #commit: (items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly #options: GroupCommitOptions;
  #waiting: { item: Item; done: PromiseWithResolvers<Answer> }[] = [];
  #running = false;

  constructor(
    commit: (items: readonly Item[]) => Promise<readonly Answer[]>,
    options: GroupCommitOptions,
  ) {
    this.#commit = commit;
    this.#options = options;
  }

  /** Resolves with the answer once it is committed. */
  add(item: Item): Promise<Answer> {
    const done = Promise.withResolvers<Answer>();
    this.#waiting.push({ item, done });
    if (!this.#running) void this.#run();
    return done.promise;
  }

  async #run(): Promise<void> {
    this.#running = true;
    // A lone write goes at once; under load the next ones gather while this one commits.
    while (this.#waiting.length > 0) {
      const now = this.#waiting.splice(0, this.#options.most);
      const begun = performance.now();
      try {
        const answers = await this.#commit(now.map(({ item }) => item));
        now.forEach(({ done }, i) => done.resolve(answers[i]!));
      } catch (error) {
        for (const { done } of now) done.reject(error);
      }
      const rest = this.#options.everyMs - (performance.now() - begun);
      if (this.#waiting.length > 0 && this.#waiting.length < this.#options.most && rest > 0) {
        await new Promise((resolve) => setTimeout(resolve, rest));
      }
    }
    this.#running = false;
  }
}
