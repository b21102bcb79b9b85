export interface WorkflowEnds {
  /** An id for the next workflow, and a promise of its end. */
  next(): { readonly workflow: string; readonly ended: Promise<void> };
  end(workflow: string): void;
  /** Something failed that no single workflow can be blamed for: all that wait fail. */
  fail(error: Error): void;
}

/** For chains of jobs, which know of no workflow: who waits for which. */
export function workflowEnds(): WorkflowEnds {
  const waiting = new Map<string, { resolve(): void; reject(error: Error): void }>();
  let count = 0;
  return {
    next() {
      count += 1;
      const workflow = `${process.pid}-${count}`;
      const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
      waiting.set(workflow, { resolve, reject });
      return { workflow, ended };
    },
    end(workflow) {
      waiting.get(workflow)?.resolve();
      waiting.delete(workflow);
    },
    fail(error) {
      for (const one of waiting.values()) one.reject(error);
      waiting.clear();
    },
  };
}
