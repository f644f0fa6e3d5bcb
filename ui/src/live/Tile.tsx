/** A camera on the wall: its live picture, its name, how it stands, and how much moves in it; enlarged, the same picture fills
 * the screen, so that nothing has to begin anew. */

import { useEffect, useRef } from "preact/hooks";
import type { Camera } from "../api";
import { t } from "../words";
import { Controls } from "./Controls";
import { LiveView } from "./LiveView";
import { Motion } from "./Motion";
import type { Spot } from "./mosaic";

export { Dot, meter, Motion } from "./Motion";

export interface Steps {
  before: string;
  after: string;
}

export function Tile({ camera, spot, enlarged, active, steps, back }: { camera: Camera; spot: Spot; enlarged: boolean; active: boolean; steps: Steps | null; back: string }) {
  const link = useRef<HTMLAnchorElement>(null);
  const was = useRef(false);
  useEffect(() => {
    if (was.current && !enlarged) link.current?.focus();
    was.current = enlarged;
  }, [enlarged]);
  return (
    <div
      class={enlarged ? "tile enlarged" : "tile"}
      data-tile={camera.id}
      style={enlarged ? { left: "", top: "", width: "", height: "" } : { left: `${spot.x}px`, top: `${spot.y}px`, width: `${spot.w}px`, height: `${spot.h}px` }}
      role={enlarged ? "dialog" : undefined}
      aria-modal={enlarged || undefined}
      aria-label={enlarged ? camera.name : undefined}
    >
      <LiveView camera={camera} full={enlarged} active={active}>
        {(over) =>
          enlarged ? (
            <Controls camera={camera} over={over} close={back} steps={steps} />
          ) : (
            <>
              <div class="tile-foot">
                <span class="tile-name">{camera.name}</span>
                {/* another word is another element: none moves over the picture */}
                <span key={over.say.word} class={`tile-state is-${over.say.tone}`}>
                  {over.say.word}
                </span>
              </div>
              <a class="tile-link" href={`${back}${back.includes("?") ? "&" : "?"}camera=${encodeURIComponent(camera.id)}`} ref={link} aria-label={t("{camera}: {state}. Enlarge", { camera: camera.name, state: over.say.word })} />
            </>
          )
        }
      </LiveView>
      <Motion camera={camera} />
    </div>
  );
}
