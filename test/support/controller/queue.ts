/** The one sequential reconciler: tasks run one after the other, whatever their kind. */
export interface Queue {
  /** Runs after everything queued before it; the result or the failure is the caller's. */
  run<T>(task: () => Promise<T>): Promise<T>;
  /** Resolves when nothing is queued or running. Retries that wait for their time do not count. */
  idle(): Promise<void>;
}

export function createQueue(): Queue {
  let tail: Promise<unknown> = Promise.resolve();
  let pending = 0;
  return {
    run(task) {
      pending++;
      const result = tail.then(task);
      tail = result.then(
        () => pending--,
        () => pending--,
      );
      return result;
    },
    async idle() {
      while (pending > 0) await tail;
    },
  };
}
