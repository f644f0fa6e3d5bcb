/** The picture that is shown, as a file. */

import { at, type Camera } from "../api";
import { t } from "../words";

/** A name every system takes: the camera's and when the picture was saved, by the clock on this wall. */
export function pictureName(name: string, at_ms: number): string {
  const when = new Date(at_ms);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
  const safe = name.replace(/[\\/:*?"<>|\p{Cc}]+/gu, " ").replace(/\s+/g, " ").replace(/^[. ]+/, "").trimEnd().slice(0, 80);
  return `${safe || "camera"} ${day} ${two(when.getHours())}-${two(when.getMinutes())}-${two(when.getSeconds())}.jpg`;
}

async function drawn(video: HTMLVideoElement): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}

/** What the video shows; the house's newest picture where there is no video. */
export async function snapshot(camera: Camera, video: HTMLVideoElement | null): Promise<void> {
  const now = Date.now();
  let picture = video && video.videoWidth > 0 ? await drawn(video) : null;
  if (!picture) {
    const answer = await fetch(at.snapshot(camera.id, now), { credentials: "same-origin" });
    if (!answer.ok) throw new Error(t("The camera gives no picture at the moment."));
    picture = await answer.blob();
  }
  const address = URL.createObjectURL(picture);
  const link = document.createElement("a");
  link.href = address;
  link.download = pictureName(camera.name, now);
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
