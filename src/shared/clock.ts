export interface Timer {
  cancel(): void;
}

/**
 * Where time comes from. Everything that reads the time or waits takes a Clock, so that tests and
 * simulations run hours in seconds and no test depends on the wall.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. Written into facts; may jump when the system's clock is set. */
  now(): number;
  /** Milliseconds from an arbitrary origin that never go back. Durations are measured with it. */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`. Never keeps the process alive by itself. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

// setTimeout takes a signed 32-bit delay; a longer one would fire at once.
const MAX_TIMEOUT_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, callback) {
    let handle: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(Math.max(leftMs, 0), MAX_TIMEOUT_MS);
      handle = setTimeout(() => {
        if (leftMs > MAX_TIMEOUT_MS) arm(leftMs - MAX_TIMEOUT_MS);
        else callback();
      }, stepMs);
      handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/**
 * Keeps the process running until the returned function is called: a Clock's timers alone do not, so that a
 * forgotten one never hangs a script.
 */
export function holdProcess(): () => void {
  const handle = setInterval(() => undefined, MAX_TIMEOUT_MS);
  return () => clearInterval(handle);
}
