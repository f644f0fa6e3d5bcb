/** Holding a camera's move: it is said again and again while it is held, and a stop follows in every case. */

import { ask } from "../ask";

export type Move = "up" | "down" | "left" | "right" | "zoom-in" | "zoom-out";
export interface Reach {
  moves: Move[];
  presets: { number: number; name: string }[];
}

export const BEAT_MS = 400;

const path = (camera: string, what = ""): string => `/cameras/${encodeURIComponent(camera)}/ptz${what}`;
export const ptz = {
  reach: (camera: string) => ask<Reach>("GET", path(camera)),
  move: (camera: string, move: Move, hold: string) => ask<void>("POST", path(camera, "/move"), {}, { move, hold }),
  stop: (camera: string, hold: string) => ask<void>("POST", path(camera, "/stop"), {}, { hold }),
  preset: (camera: string, preset: number) => ask<void>("POST", path(camera, "/preset"), {}, { preset }),
};

interface Way {
  move: (camera: string, move: Move, hold: string) => Promise<void>;
  stop: (camera: string, hold: string) => Promise<void>;
}

let holds = 0;
const holdName = (): string => `${Date.now().toString(36)}-${(holds += 1)}-${Math.random().toString(36).slice(2, 8)}`;

/** One camera's head in one hand. */
export class Grip {
  private beat: ReturnType<typeof setInterval> | undefined;
  private hold = "";

  constructor(
    private readonly camera: string,
    private readonly trouble: (error: unknown) => void,
    private readonly way: Way = ptz,
  ) {}

  get held(): boolean {
    return this.hold !== "";
  }

  start(move: Move): void {
    this.stop();
    const hold = (this.hold = holdName());
    const say = (): void => {
      this.way.move(this.camera, move, hold).catch((error: unknown) => {
        if (this.hold !== hold) return;
        this.stop();
        this.trouble(error);
      });
    };
    say();
    this.beat = setInterval(say, BEAT_MS);
  }

  stop(): void {
    clearInterval(this.beat);
    const hold = this.hold;
    if (!hold) return;
    this.hold = "";
    this.way.stop(this.camera, hold).catch(this.trouble);
  }
}

export const MOVE_KEYS: Record<string, Move> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right", "+": "zoom-in", "=": "zoom-in", "-": "zoom-out" };
