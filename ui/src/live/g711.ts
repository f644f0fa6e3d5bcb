/** G.711 to samples between -1 and 1 (ITU-T G.711): no browser plays it. */

function ulaw(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4);
  return (bits & 0x80 ? 0x84 - magnitude : magnitude - 0x84) / 32768;
}

function alaw(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits & 0x70) >> 4;
  const mantissa = ((bits & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (bits & 0x80 ? magnitude : -magnitude) / 32768;
}

const table = (decode: (code: number) => number): Float32Array => Float32Array.from({ length: 256 }, (_, code) => decode(code));
const TABLES: Record<string, Float32Array> = { pcmu: table(ulaw), pcma: table(alaw) };

/** The first of `channels` is what is heard. */
export function decode(codec: string, data: Uint8Array, channels: number): Float32Array<ArrayBuffer> {
  const found = TABLES[codec];
  const step = Math.max(1, channels);
  const samples = new Float32Array(Math.floor(data.length / step));
  if (found) for (let at = 0; at < samples.length; at += 1) samples[at] = found[data[at * step] ?? 0] ?? 0;
  return samples;
}
