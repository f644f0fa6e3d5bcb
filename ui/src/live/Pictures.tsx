/** Single pictures of a camera, for browsers or cameras without playable video.
 *
 * A browser opens at most six connections to a house; each multipart stream holds one for good. The first few tiles stream,
 * the others ask for a picture a second, so that the rest of the page always gets through.
 */

import { useEffect, useState } from "preact/hooks";
import { at, type Camera } from "../api";
import { t } from "../words";

const MOST_STREAMS = 3;
const EVERY_MS = 1000;
const STILL_EVERY_MS = 10_000;

/** Who streams now; a place is given back when its tile goes. */
export class Places {
  private taken = 0;
  constructor(private readonly most: number) {}
  take(): (() => void) | null {
    if (this.taken >= this.most) return null;
    this.taken += 1;
    let held = true;
    return () => {
      if (held) this.taken -= 1;
      held = false;
    };
  }
}

const places = new Places(MOST_STREAMS);

export function Pictures({ camera }: { camera: Camera }) {
  const [streams, setStreams] = useState<boolean | null>(null);
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const leave = places.take();
    setStreams(leave !== null);
    return () => leave?.();
  }, []);
  if (streams === null) return null;
  const every_ms = camera.streams.length > 0 ? EVERY_MS : STILL_EVERY_MS; // asking one that gives single pictures wears its battery
  const next = (): void => {
    setTimeout(() => setVersion((before) => before + 1), every_ms);
  };
  return streams ? (
    <img src={at.mjpeg(camera.id, version)} alt={t("{camera}, live", { camera: camera.name })} onError={next} />
  ) : (
    <img src={at.snapshot(camera.id, version)} alt={t("{camera}, live", { camera: camera.name })} onLoad={next} onError={next} />
  );
}
