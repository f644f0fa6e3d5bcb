/** Where other software finds a camera, and the way to the camera's own page. */

import "./relay.css";
import { useState } from "preact/hooks";
import { ask } from "../ask";
import { save } from "../config/api";
import { Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { isOwner } from "../store";
import { rich, said, t } from "../words";
import { told } from "../words/told";
import { addresses, type Relay } from "./addresses";

type Which = "proxy" | "restream";

/** A changed configuration is in force after a moment. */
const PAUSE_MS = 300;
const TRIES = 20;

export function UseElsewhere({ camera }: { camera: string }) {
  const read = (): Promise<Relay> => ask<Relay>("GET", `/cameras/${encodeURIComponent(camera)}/relay`);
  const [relay, failed, setRelay] = useLoaded(read, [camera]);
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<{ which: Which; password: string } | null>(null);
  const [error, setError] = useState<unknown>(null);
  if (!relay) return <Trouble error={failed} />;
  const make = (which: Which): void => {
    setError(null);
    ask<{ password: string }>("POST", `/relay/passwords/${which}`).then(({ password }) => {
      setMade({ which, password });
      setRelay(which === "proxy" ? { ...relay, has_password: true } : { ...relay, restream_has_password: true });
    }, setError);
  };
  const turn = async (on: boolean): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      if (on && !relay.restream_has_password) {
        const { password } = await ask<{ password: string }>("POST", "/relay/passwords/restream");
        setMade({ which: "restream", password });
      }
      await save([{ path: ["restream", "enabled"], value: on }]);
      let next = await read();
      for (let tries = 0; tries < TRIES && (next.restream_port > 0) !== on; tries += 1) {
        await new Promise((done) => setTimeout(done, PAUSE_MS));
        next = await read();
      }
      setRelay(next);
    } catch (found) {
      setError(found);
    }
    setBusy(false);
  };
  const shown = addresses(relay, camera, location);
  return (
    <div class="relay">
      {relay.enabled ? (
        <>
          <Login which="proxy" user={relay.user} has={relay.has_password} made={made} onMake={make} />
          {shown.pictures.map((each) => (
            <Address key={each.url} {...each} />
          ))}
          {shown.video.length ? (
            <>
              <Login which="restream" user={relay.restream_user} has={relay.restream_has_password} made={made} onMake={make} />
              {shown.video.map((each) => (
                <Address key={each.url} {...each} />
              ))}
            </>
          ) : (
            <p class="hint">
              {relay.restream_why ? t("Video by RTSP is off: {why}.", { why: told(relay.restream_why) }) : t("Video by RTSP is off.")}{" "}
              {t("Video recorders, VLC and Home Assistant can have it from here, without a second session on the camera, by a password of its own.")}
            </p>
          )}
          {isOwner.value ? (
            <div class="row">
              <button class={`button ${relay.restream_port ? "is-plain" : ""}`} type="button" disabled={busy} aria-describedby="restream-all" onClick={() => void turn(!relay.restream_port)}>
                {busy ? t("One moment…") : relay.restream_port ? t("Switch video off") : t("Switch video on")}
              </button>
              <span class="hint" id="restream-all">
                {t("For all cameras at once.")}
              </span>
            </div>
          ) : null}
          <p class="hint">{t("Home Assistant, VLC, Blue Iris and others: docs/proxy.md says what to enter where. However many look, the camera is asked once.")}</p>
        </>
      ) : (
        <p class="hint">{t("This camera is kept from other software, as the configuration says.")}</p>
      )}
      <Trouble error={error} />
      {isOwner.value && relay.has_page ? <OwnPage camera={camera} /> : null}
    </div>
  );
}

const LOGINS: Record<Which, Record<"fresh" | "known" | "none", string>> = {
  proxy: {
    fresh: said("For pictures, other software logs in as {user} with this password, shown only now:"),
    known: said("For pictures, other software logs in as {user} with the password you were shown."),
    none: said("For pictures, other software logs in as {user}; there is no password yet."),
  },
  restream: {
    fresh: said("For video, it logs in as {user} with this password, shown only now:"),
    known: said("For video, it logs in as {user} with the password you were shown."),
    none: said("For video, it logs in as {user}; there is no password yet."),
  },
};

function Login({ which, user, has, made, onMake }: { which: Which; user: string; has: boolean; made: { which: Which; password: string } | null; onMake: (which: Which) => void }) {
  const [sure, setSure] = useState(false);
  const fresh = made?.which === which ? made.password : null;
  return (
    <div class="relay-login">
      <p>
        {rich(LOGINS[which][fresh ? "fresh" : has ? "known" : "none"], { user: <code>{user}</code> })}
      </p>
      {fresh ? <Copied label={t("The password")} text={fresh} /> : null}
      {isOwner.value && !fresh ? (
        has && !sure ? (
          <button class="button is-plain" type="button" onClick={() => setSure(true)}>
            {t("New password")}
          </button>
        ) : (
          <button
            class="button"
            type="button"
            onClick={() => {
              setSure(false);
              onMake(which);
            }}
          >
            {has ? t("Really: the old one stops working") : t("Make a password")}
          </button>
        )
      ) : null}
    </div>
  );
}

const Address = ({ name, url }: { name: string; url: string }) => (
  <div class="relay-address">
    <span class="relay-name">{name}</span>
    <Copied label={name} text={url} />
  </div>
);

function Copied({ label, text }: { label: string; text: string }) {
  const [done, setDone] = useState(false);
  return (
    <span class="relay-copy">
      <code tabIndex={0} aria-label={label}>
        {text}
      </code>
      {navigator.clipboard ? (
        <button class="button is-plain" type="button" aria-label={t("Copy: {label}", { label })} onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true), () => undefined)}>
          {done ? t("Copied") : t("Copy")}
        </button>
      ) : null}
    </span>
  );
}

function OwnPage({ camera }: { camera: string }) {
  const [url, setUrl] = useState("");
  const [error, setError] = useState<unknown>(null);
  const open = (): void => {
    setError(null);
    ask<{ url: string }>("POST", `/cameras/${encodeURIComponent(camera)}/own-page`).then((found) => {
      setUrl(found.url);
      window.open(found.url, "_blank", "noopener,noreferrer");
    }, setError);
  };
  return (
    <div class="relay-own">
      <button class="button" type="button" onClick={open}>
        <icons.Door size={18} /> {t("Open the camera’s own page")}
      </button>
      <p class="hint">
        {t("In a tab of its own, kept apart from this page; it ends after a while without use. Log in there with the camera’s own name and password.")}
        {url ? (
          <>
            {" "}
            {rich("No tab? {link}, within a minute, once.", {
              link: (
                <a href={url} target="_blank" rel="noopener noreferrer">
                  {t("Open it here")}
                </a>
              ),
            })}
          </>
        ) : null}
      </p>
      <Trouble error={error} />
    </div>
  );
}
