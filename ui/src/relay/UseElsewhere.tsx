/** Where other software finds a camera, and the way to the camera's own page. */

import "./relay.css";
import { useState } from "preact/hooks";
import { ask } from "../ask";
import { Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { isOwner } from "../store";
import { addresses, type Relay } from "./addresses";

type Which = "proxy" | "restream";

export function UseElsewhere({ camera }: { camera: string }) {
  const [relay, failed, setRelay] = useLoaded(() => ask<Relay>("GET", `/cameras/${encodeURIComponent(camera)}/relay`), [camera]);
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
  const shown = addresses(relay, camera, location);
  return (
    <div class="relay">
      {relay.enabled ? (
        <>
          <Login which="proxy" user={relay.user} has={relay.has_password} made={made} onMake={make}>
            For pictures, other software logs in as
          </Login>
          {shown.pictures.map((each) => (
            <Address key={each.url} {...each} />
          ))}
          {shown.video.length ? (
            <>
              <Login which="restream" user={relay.restream_user} has={relay.restream_has_password} made={made} onMake={make}>
                For video, it logs in as
              </Login>
              {shown.video.map((each) => (
                <Address key={each.url} {...each} />
              ))}
            </>
          ) : (
            <p class="hint">
              Video by RTSP is off{relay.restream_why ? `: ${relay.restream_why}` : ""}. To have it, write <code>enabled = true</code> into <code>[restream]</code> of the configuration.
            </p>
          )}
          <p class="hint">Home Assistant, VLC, Blue Iris and others: docs/proxy.md says what to enter where. However many look, the camera is asked once.</p>
        </>
      ) : (
        <p class="hint">This camera is kept from other software, as the configuration says.</p>
      )}
      <Trouble error={error} />
      {isOwner.value && relay.has_page ? <OwnPage camera={camera} /> : null}
    </div>
  );
}

function Login({ which, user, has, made, onMake, children }: { which: Which; user: string; has: boolean; made: { which: Which; password: string } | null; onMake: (which: Which) => void; children: string }) {
  const [sure, setSure] = useState(false);
  const fresh = made?.which === which ? made.password : null;
  return (
    <div class="relay-login">
      <p>
        {children} <code>{user}</code>
        {fresh ? " with this password, shown only now:" : has ? " with the password you were shown." : "; there is no password yet."}
      </p>
      {fresh ? <Copied label="The password" text={fresh} /> : null}
      {isOwner.value && !fresh ? (
        has && !sure ? (
          <button class="button is-plain" type="button" onClick={() => setSure(true)}>
            New password
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
            {has ? "Really: the old one stops working" : "Make a password"}
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
        <button class="button is-plain" type="button" aria-label={`Copy: ${label}`} onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true), () => undefined)}>
          {done ? "Copied" : "Copy"}
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
        <icons.Door size={18} /> Open the camera’s own page
      </button>
      <p class="hint">
        In a tab of its own, kept apart from this page; it ends after a while without use. Log in there with the camera’s own name and password.
        {url ? (
          <>
            {" "}
            No tab?{" "}
            <a href={url} target="_blank" rel="noopener noreferrer">
              Open it here
            </a>
            , within a minute, once.
          </>
        ) : null}
      </p>
      <Trouble error={error} />
    </div>
  );
}
