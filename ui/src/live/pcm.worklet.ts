/** Plays samples as they come, on the browser's sound thread: a short store against hiccups, never an old one. */

declare const sampleRate: number;
declare function registerProcessor(name: string, processor: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
  constructor(options?: unknown);
}

const FIRST_S = 0.08;
const MOST_S = 0.4;
const KEPT_S = 0.15;

class Pcm extends AudioWorkletProcessor {
  private chunks: Float32Array[] = [];
  private held = 0;
  private at = 0;
  private waits = true;
  private readonly hz: number;

  constructor(options: { processorOptions: { hz: number } }) {
    super(options);
    this.hz = options.processorOptions.hz;
    this.port.onmessage = (message: MessageEvent<Float32Array>) => {
      this.chunks.push(message.data);
      this.held += message.data.length;
      if (this.held > MOST_S * this.hz) while (this.held > KEPT_S * this.hz && this.chunks.length > 1) this.drop();
    };
  }

  private drop(): void {
    this.held -= this.chunks.shift()?.length ?? 0;
    this.at = 0;
  }

  process(_inputs: unknown, [output]: Float32Array[][]): boolean {
    const first = output?.[0];
    if (!first) return true;
    if (this.waits && this.held < FIRST_S * this.hz) return true;
    this.waits = false;
    const step = this.hz / sampleRate;
    for (let index = 0; index < first.length; index += 1) {
      while (this.chunks[0] && this.at >= this.chunks[0].length) {
        const over = this.at - this.chunks[0].length;
        this.drop();
        this.at = over;
      }
      const chunk = this.chunks[0];
      if (!chunk) {
        this.waits = true;
        break;
      }
      const whole = Math.floor(this.at);
      const here = chunk[whole] ?? 0;
      const next = chunk[whole + 1] ?? this.chunks[1]?.[0] ?? here;
      first[index] = here + (next - here) * (this.at - whole);
      this.at += step;
    }
    for (const other of output.slice(1)) other.set(first);
    return true;
  }
}

registerProcessor("hearthwatch-pcm", Pcm);
