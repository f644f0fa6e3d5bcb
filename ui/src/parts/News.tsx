/** Says to a screen reader which page is open, and what happens in the house meanwhile. */

import { useRef } from "preact/hooks";
import { arming } from "../arming";
import { deed } from "../doors/words";
import { clock, labelName } from "../format";
import { cameraName, now_us, recent, unseenLogins } from "../store";
import { t } from "../words";
import { modeName } from "./Arming";

/** Regions that are there from the beginning: what changes in them is read out, what they begin with is not. */
export function News({ title }: { title: string }) {
  const since_us = useRef(now_us.peek()).current;
  const event = recent.value.find((each) => each.start_us > since_us);
  const login = unseenLogins.value.find((each) => each.at_us > since_us);
  const mode = arming.value?.mode;
  return (
    <div class="sr">
      <p role="status">{title}</p>
      <p role="status">{mode ? modeName(mode) : ""}</p>
      <p role="status">{event ? t("{what} at {camera}, {time}", { what: labelName(event.kind, event.label), camera: cameraName(event.camera), time: clock(event.start_us) }) : ""}</p>
      <p role="alert">{login ? `${deed(login)}, ${cameraName(login.camera)}` : ""}</p>
    </div>
  );
}
