/** A small picture of a moment of a camera. While somebody drags fast none is asked for: the last one stays. */

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../words";
import { thumbAt } from "./api";

const REST_MS = 90;

export function Thumb({ camera, at_us, name, class: className = "" }: { camera: string; at_us: number; name: string; class?: string }) {
  const [shown, setShown] = useState("");
  const [missing, setMissing] = useState(false);
  const wanted = useRef("");
  const busy = useRef(false);
  const address = thumbAt(camera, at_us);
  useEffect(() => {
    wanted.current = address;
    let current = true;
    const next = (): void => {
      if (busy.current || !current) return;
      const asked = wanted.current;
      busy.current = true;
      const picture = new Image();
      const done = (found: boolean): void => {
        busy.current = false;
        if (wanted.current !== asked) {
          if (current) next();
          return;
        }
        setMissing(!found);
        if (found) setShown(asked);
      };
      picture.onload = () => done(true);
      picture.onerror = () => done(false);
      picture.src = asked;
    };
    const resting = setTimeout(next, REST_MS);
    return () => {
      current = false;
      clearTimeout(resting);
    };
  }, [address]);
  return (
    <span class={`tl-thumb ${className} ${missing ? "is-missing" : ""}`}>
      {shown && !missing ? <img src={shown} alt={name} draggable={false} /> : null}
      {missing ? <span class="tl-thumb-none">{t("No picture")}</span> : null}
    </span>
  );
}
