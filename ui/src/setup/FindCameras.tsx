/** Finding a camera, trying it and taking it in: look around, log in once, see the picture, give it a name. */

import { useEffect, useRef, useState } from "preact/hooks";
import { vendorName } from "../doors/words";
import { Trouble } from "../parts/bits";
import * as icons from "../parts/icons";
import { Working } from "../parts/Sheet";
import { cameraName } from "../store";
import { plural, t } from "../words";
import { told } from "../words/told";
import { cameraSetup, type CameraTrial, type Candidate, hostAndPort, isThisMachine, type Search, titleOf } from "./api";
import { ByHand } from "./ByHand";
import { NameIt } from "./NameIt";
import { TryIt } from "./TryIt";

export interface Login {
  user: string;
  password: string;
}

type Step = { at: "look" } | { at: "try"; candidate: Candidate } | { at: "hand"; host?: string } | { at: "name"; trial: CameraTrial };

/** `onAdded` hears the new camera's id; `compact` leaves the long explanations away, for the wizard. */
export function FindCameras({ onAdded, compact = false }: { onAdded: (name: string) => void; compact?: boolean }) {
  const [step, setStep] = useState<Step>({ at: "look" });
  const [search, setSearch] = useState<Search | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [login, setLogin] = useState<Login>({ user: "", password: "" });
  const top = useRef<HTMLDivElement>(null);

  useEffect(() => {
    cameraSetup.searchNow().then((now) => setSearch((shown) => shown ?? (now.running || now.found.length ? now : null)), () => undefined);
    return () => void cameraSetup.stop().catch(() => undefined);
  }, []);
  useProgress(search?.running ?? false, setSearch, setError);
  useEffect(() => {
    if (step.at !== "look") top.current?.scrollIntoView({ block: "nearest" });
  }, [step.at]);

  const start = (): void => {
    setError(null);
    cameraSetup.search().then(setSearch, setError);
  };
  const back = (): void => setStep({ at: "look" });

  return (
    <div class="find" ref={top}>
      {step.at === "look" ? (
        <Look search={search} error={error} compact={compact} onStart={start} onPick={(candidate) => setStep(candidate.vendor ? { at: "try", candidate } : { at: "hand", host: candidate.host })} onHand={() => setStep({ at: "hand" })} />
      ) : null}
      {step.at === "try" ? (
        <TryIt candidate={step.candidate} login={login} onLogin={setLogin} onBack={back} onTried={(trial) => setStep({ at: "name", trial })} />
      ) : null}
      {step.at === "hand" ? <ByHand host={step.host ?? ""} login={login} onLogin={setLogin} onBack={back} onTried={(trial) => setStep({ at: "name", trial })} /> : null}
      {step.at === "name" ? (
        <NameIt
          trial={step.trial}
          onBack={back}
          onAdded={(camera) => {
            back();
            if (search) setSearch({ ...search, found: search.found.map((one) => (one.host === step.trial.host ? { ...one, camera } : one)) });
            onAdded(camera);
          }}
        />
      ) : null}
    </div>
  );
}

/** Follows a search that goes on; the server tells every step. */
function useProgress(running: boolean, onStep: (now: Search) => void, onTrouble: (error: unknown) => void): void {
  useEffect(() => {
    if (!running) return undefined;
    const source = new EventSource(cameraSetup.progress());
    source.addEventListener("search", (event) => onStep(JSON.parse((event as MessageEvent<string>).data) as Search));
    source.addEventListener("over", () => source.close());
    source.addEventListener("error", () => {
      source.close();
      cameraSetup.searchNow().then(onStep, onTrouble);
    });
    return () => source.close();
  }, [running]);
}

function Look({ search, error, compact, onStart, onPick, onHand }: { search: Search | null; error: unknown; compact: boolean; onStart: () => void; onPick: (one: Candidate) => void; onHand: () => void }) {
  const fresh = search?.found.filter((one) => !one.camera) ?? [];
  const ours = search?.found.filter((one) => one.camera) ?? [];
  const idle = search !== null && !search.running;
  return (
    <>
      {search === null ? (
        <div class="panel find-start">
          <span class="find-mark" aria-hidden="true">
            <icons.Search size={30} />
          </span>
          <div>
            <h2>{t("Look for cameras at home")}</h2>
            <p class="dim">
              {compact
                ? t("Hearthwatch asks the devices in your home network which of them are cameras. It takes about a quarter of a minute.")
                : t("Hearthwatch asks the devices in your home network which of them are cameras. It sends no password, and nothing leaves the house. It takes about a quarter of a minute.")}
            </p>
          </div>
          <button class="button is-main" type="button" onClick={onStart}>
            {t("Look for cameras")}
          </button>
        </div>
      ) : (
        <Progress search={search} onAgain={onStart} />
      )}
      <Trouble error={error ?? (search?.trouble ? new Error(told(search.trouble)) : null)} />
      {fresh.length ? (
        <ul class="list find-list" aria-label={t("Found")}>
          {fresh.map((one) => (
            <Found key={`${one.host}:${one.port}`} one={one} onPick={onPick} />
          ))}
        </ul>
      ) : null}
      {idle && !fresh.length && ours.length && !search.trouble ? <p class="dim">{t("All cameras that answered are yours already.")}</p> : null}
      {idle && !fresh.length && !ours.length && !search.trouble ? (
        <p class="note">
          <strong>{t("No camera answered.")}</strong> {t("Is it switched on, and in the same network as the machine Hearthwatch runs on? A camera in a guest network, or behind a recorder, is added by its address.")}
        </p>
      ) : null}
      {search?.too_large.length ? <p class="hint">{t("{list} has too many addresses to ask each: there only cameras that answer a call are found.", { list: search.too_large.join(", ") })}</p> : null}
      {ours.length ? (
        <ul class="list find-list is-ours" aria-label={t("Yours already")}>
          {ours.map((one) => (
            <li class="find-row" key={`${one.host}:${one.port}`}>
              <Sign one={one} />
              <span class="tag">{t("yours: {camera}", { camera: cameraName(one.camera) })}</span>
            </li>
          ))}
        </ul>
      ) : null}
      <ByAddress title={search ? t("Not in the list?") : t("Know its address?")} onPick={onPick} onHand={onHand} />
    </>
  );
}

function Progress({ search, onAgain }: { search: Search; onAgain: () => void }) {
  const known = search.living > 0;
  return (
    <div class="find-progress" role="status">
      {search.running ? <span class="spinner" aria-hidden="true" /> : <icons.Check size={20} />}
      <span>
        <strong>
          {search.running ? (known && search.looked ? plural(search.living, "Looking at one device", "Looking at {n} devices") : t("Calling…")) : search.found.length ? plural(search.found.length, "One camera found", "{n} cameras found") : t("No cameras found")}
        </strong>
        <span class="dim">
          {search.networks.length ? t("in {list}", { list: search.networks.join(", ") }) : t("in your home network")}
          {search.ignored ? ` · ${plural(search.ignored, "1 odd answer ignored", "{n} odd answers ignored")}` : ""}
        </span>
      </span>
      {search.running ? (
        <progress max={Math.max(1, search.living)} value={search.looked} aria-label={t("Devices looked at")} />
      ) : (
        <button class="button" type="button" onClick={onAgain}>
          <icons.Again size={18} /> {t("Look again")}
        </button>
      )}
    </div>
  );
}

function Sign({ one }: { one: Candidate }) {
  const vendor = one.vendor ? vendorName(one.vendor) : "";
  return (
    <>
      <span class="find-icon" aria-hidden="true">
        <icons.Camera />
      </span>
      <span class="find-what">
        <strong>{titleOf(one, vendor)}</strong>
        <span class="dim">{[one.host + (one.port && one.port !== 80 && one.port !== 443 ? `:${one.port}` : ""), vendor, one.mac].filter(Boolean).join(" · ")}</span>
        {one.vendor ? null : <span class="hint">{t("It sends video, but speaks no language Hearthwatch knows: add it by the address of its stream.")}</span>}
      </span>
    </>
  );
}

const Found = ({ one, onPick }: { one: Candidate; onPick: (one: Candidate) => void }) => (
  <li class="find-row">
    <Sign one={one} />
    <button class="button" type="button" onClick={() => onPick(one)} aria-label={t("Try {device} at {host}", { device: titleOf(one, one.vendor), host: one.host })}>
      {one.vendor ? t("Try it") : t("By hand")}
    </button>
  </li>
);

function ByAddress({ title, onPick, onHand }: { title: string; onPick: (one: Candidate) => void; onHand: () => void }) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const look = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const place = hostAndPort(text);
    if (!place) {
      setError(new Error(t("This is no address: it looks like 192.168.1.20 or 192.168.1.20:8080.")));
      return;
    }
    setBusy(true);
    setError(null);
    try {
      onPick(await cameraSetup.look(place.host, place.port, isThisMachine(place.host)));
    } catch (failed) {
      setError(failed);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="find-other">
      <h2>{title}</h2>
      <form class="row" onSubmit={(event) => void look(event as unknown as SubmitEvent)}>
        <label class="find-address">
          <span class="sr">{t("Address of the camera")}</span>
          <input name="address" placeholder={t("Address of the camera, 192.168.1.20")} autocomplete="off" autocapitalize="none" spellcheck={false} maxLength={253} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button class="button" type="submit" disabled={busy || !text.trim()}>
          {busy ? t("Looking…") : t("Look there")}
        </button>
      </form>
      {busy ? <Working>{t("Asking what answers there…")}</Working> : null}
      <Trouble error={error} />
      <p class="hint">
        {t("A webcam, a file, or a camera that gives only a stream:")}{" "}
        <button class="link" type="button" onClick={onHand}>
          {t("enter its address by hand")}
        </button>
        .
      </p>
    </div>
  );
}
