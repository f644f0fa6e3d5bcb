/** One camera on the screen: the stream that is shown, and the one that takes its place with its first picture. */

import type { StreamName } from "../api";
import { LivePlayer, type Loudspeaker, type Picture } from "./player";

export interface Wish {
  stream: StreamName;
  sound: Loudspeaker | null;
}

const same = (one: Wish | null, other: Wish | null): boolean => one?.stream === other?.stream && one?.sound === other?.sound;

interface Part {
  player: LivePlayer;
  wish: Wish;
}

export class Show {
  private current: Part | null = null;
  private next: Part | null = null;
  private watched = true;
  private volume = 1;

  constructor(
    private readonly holder: HTMLElement,
    private readonly camera: string,
    private readonly name: string,
    private readonly tell: (picture: Picture, wish: Wish) => void,
  ) {}

  /** Show `wish` as soon as it has a picture, and what there is until then. */
  want(wish: Wish): void {
    if (same((this.next ?? this.current)?.wish ?? null, wish)) return;
    this.next?.player.close();
    this.next = null;
    if (same(this.current?.wish ?? null, wish)) return;
    const part: Part = { wish, player: new LivePlayer(this.holder, { camera: this.camera, name: this.name, ...wish }, (picture) => this.hear(part, picture)) };
    part.player.setVolume(this.volume);
    part.player.watch(this.watched);
    if (this.current) this.next = part;
    else this.current = part;
  }

  private hear(part: Part, picture: Picture): void {
    if (part === this.next && picture.kind === "playing") {
      this.current?.player.close();
      this.current = part;
      this.next = null;
    }
    const lost = picture.kind === "unplayable" || picture.kind === "unheard" || picture.kind === "picture-only";
    if (part === this.next && lost) {
      part.player.close();
      this.next = null;
    }
    if (part === this.current || lost) this.tell(picture, part.wish);
  }

  watch(on: boolean): void {
    this.watched = on;
    this.current?.player.watch(on);
    this.next?.player.watch(on);
  }

  setVolume(volume: number): void {
    this.volume = volume;
    this.current?.player.setVolume(volume);
    this.next?.player.setVolume(volume);
  }

  get video(): HTMLVideoElement | null {
    return this.current?.player.shown ?? null;
  }

  behind_s(): number | null {
    return this.current?.player.behind_s() ?? null;
  }

  unblock(): void {
    this.current?.player.unblock();
    this.next?.player.unblock();
  }

  close(): void {
    this.current?.player.close();
    this.next?.player.close();
    this.current = this.next = null;
  }
}
