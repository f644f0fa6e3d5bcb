/** The addresses of one camera for other software, as somebody at this page would enter them. */

import { t } from "../words";

/** See RelayReply in the API's documentation. */
export interface Relay {
  enabled: boolean;
  user: string;
  has_password: boolean;
  open_port: number;
  restream_port: number;
  restream_user: string;
  restream_has_password: boolean;
  restream_why: string;
  has_page: boolean;
  has_sub: boolean;
  cgi: string[];
}

export interface Address {
  name: string;
  url: string;
}

/** `here` is where the page was opened; without a running restream there are no addresses of video. */
export function addresses(relay: Relay, camera: string, here: { origin: string; hostname: string }): { pictures: Address[]; video: Address[] } {
  const base = `${here.origin}/cam/${camera}`;
  const pictures = [
    { name: t("Picture"), url: `${base}/snapshot.jpg` },
    { name: t("Moving picture (MJPEG)"), url: `${base}/stream.mjpg` },
  ];
  if (relay.open_port) pictures.push({ name: t("On that machine, without a log-in"), url: `http://127.0.0.1:${relay.open_port}/cam/${camera}/stream.mjpg` });
  const rtsp = `rtsp://${relay.restream_user}@${here.hostname}:${relay.restream_port}/${camera}`;
  const video = relay.restream_port ? [{ name: t("Video (RTSP)"), url: rtsp }] : [];
  if (relay.restream_port && relay.has_sub) video.push({ name: t("Small video"), url: `${rtsp}/sub` });
  return { pictures, video };
}
