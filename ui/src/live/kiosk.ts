/** The wall alone on the screen, which stays on: for a tablet on the wall. */

import { useEffect } from "preact/hooks";

/** Keep the screen on while `on`; browsers let go of it with each hidden tab. */
export function useWakeLock(on: boolean): void {
  useEffect(() => {
    if (!on || !("wakeLock" in navigator)) return undefined;
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const hold = (): void => {
      if (document.hidden || over || (lock && !lock.released)) return;
      navigator.wakeLock.request("screen").then(
        (found) => {
          lock = found;
          if (over) void found.release();
        },
        () => undefined, // a low battery: the screen goes dark as it would anyway
      );
    };
    hold();
    document.addEventListener("visibilitychange", hold);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", hold);
      void lock?.release();
    };
  }, [on]);
}

export const canFill = (): boolean => document.fullscreenEnabled === true;

export function fill(): void {
  if (canFill() && !document.fullscreenElement) void document.documentElement.requestFullscreen({ navigationUI: "hide" }).catch(() => undefined);
}

export function unfill(): void {
  if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
}
