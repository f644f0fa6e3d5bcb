/** The loudspeaker: sound that no media source plays goes through the browser's own sound graph. Off until somebody asks. */

import { decode } from "./g711";
import type { Loudspeaker } from "./player";
import worklet from "./pcm.worklet.ts?worker&url";

const VOLUME = "hearthwatch-volume";

export const storedVolume = (): number => {
  const found = Number(localStorage.getItem(VOLUME) ?? "0.8");
  return found >= 0 && found <= 1 ? found : 0.8;
};
export const storeVolume = (volume: number): void => localStorage.setItem(VOLUME, String(volume));

export class Speaker implements Loudspeaker {
  private readonly context: AudioContext;
  private readonly gain: GainNode;
  private readonly ready: Promise<void>;
  private node: AudioWorkletNode | null = null;
  private codec = "";
  private channels = 1;
  private turn = 0;

  /** Made within a tap or a key press: browsers let nothing else make a sound. */
  constructor() {
    this.context = new AudioContext({ latencyHint: "interactive" });
    this.gain = this.context.createGain();
    this.gain.connect(this.context.destination);
    this.ready = this.context.audioWorklet.addModule(worklet);
    void this.context.resume();
  }

  setVolume(volume: number): void {
    this.gain.gain.value = volume;
  }

  begin(codec: string, sample_hz: number, channels: number): void {
    this.end();
    this.codec = codec;
    this.channels = channels;
    const turn = this.turn;
    void this.ready.then(() => {
      if (turn !== this.turn) return;
      this.node = new AudioWorkletNode(this.context, "hearthwatch-pcm", { numberOfInputs: 0, outputChannelCount: [2], processorOptions: { hz: sample_hz } });
      this.node.connect(this.gain);
    });
  }

  take(data: Uint8Array): void {
    if (!this.node) return;
    const samples = decode(this.codec, data, this.channels);
    this.node.port.postMessage(samples, [samples.buffer]);
  }

  end(): void {
    this.turn += 1;
    this.node?.disconnect();
    this.node = null;
  }

  close(): void {
    this.end();
    void this.context.close();
  }
}
