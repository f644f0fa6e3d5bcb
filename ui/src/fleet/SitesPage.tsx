/** All houses of a hub: how each is, what it has sent, and who may join. */

import { useState } from "preact/hooks";
import { ask } from "../ask";
import { moment } from "../format";
import { Head, Trouble } from "../parts/bits";
import { First, Sheet } from "../parts/Sheet";
import { place } from "../router";
import { isOwner, now_us } from "../store";
import { plural, t } from "../words";
import { told } from "../words/told";
import { FarEvents } from "./FarEvents";
import { fleet, lookAround, type Node } from "./far";
import { FarCameras, Hearing, MachineFacts, since } from "./parts";

interface Invitation {
  code: string;
  name: string;
  ends_us: number;
  command: string;
}

export function SitesPage() {
  const all = fleet.value;
  const [inviting, setInviting] = useState(false);
  const [out, setOut] = useState<Node | null>(null);
  const isEvents = place.value.path === "/sites/events";
  return (
    <div class="page">
      <Head title={t("Houses")}>
        {isOwner.value && all?.is_hub ? (
          <button class="button" type="button" onClick={() => setInviting(true)}>
            {t("Add a house")}
          </button>
        ) : null}
      </Head>
      <nav class="row house-tabs" aria-label={t("Houses")}>
        <a class="chip" href="/sites" aria-current={isEvents ? undefined : "page"}>
          {t("How they are")}
        </a>
        <a class="chip" href="/sites/events" aria-current={isEvents ? "page" : undefined}>
          {t("What happened")}
        </a>
      </nav>
      {isEvents ? (
        <FarEvents />
      ) : (
        <ul class="house-cards">
          {all?.sites.flatMap((site) => all.nodes.filter((each) => each.site === site.id).map((each) => <House key={each.id} node={each} place={site.title} onOut={() => setOut(each)} />))}
        </ul>
      )}
      {all && !all.is_hub ? <p class="dim">{t("This house is no hub. In All settings, section hub, it becomes one.")}</p> : null}
      {inviting ? <Invite onClose={() => setInviting(false)} /> : null}
      {out ? <Out node={out} onClose={() => setOut(null)} /> : null}
    </div>
  );
}

function House({ node, place, onOut }: { node: Node; place: string; onOut: () => void }) {
  const gone = node.hearing === "revoked";
  return (
    <li class="panel">
      <header class="row">
        <h2 class="grow">{node.own || gone ? node.name : <a href={`/at/${node.id}/`}>{node.name}</a>}</h2>
        <Hearing node={node} />
      </header>
      <p class="dim">
        {place === node.name ? null : `${place}. `}
        {node.own ? t("The hub's own house.") : since(node, now_us.value)} {node.waiting ? plural(node.waiting, "One thing is still to be told.", "{n} things are still to be told.") : null}
      </p>
      {node.problem ? <p class="bad">{told(node.problem)}</p> : null}
      <FarCameras node={node} />
      {node.machine ? <MachineFacts machine={node.machine} /> : null}
      <div class="row">
        {gone ? null : (
          <a class="button" href={node.own ? "/" : `/at/${node.id}/`}>
            {t("Look in")}
          </a>
        )}
        {node.role === "owner" && !gone ? (
          <a class="button" href={`${node.own ? "" : `/at/${node.id}`}/machine`}>
            {t("Its machine")}
          </a>
        ) : null}
        {isOwner.value && !node.own ? (
          <button class="button is-plain" type="button" onClick={onOut}>
            {gone ? t("Take off the list") : t("Refuse it")}
          </button>
        ) : null}
      </div>
    </li>
  );
}

function Invite({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<Invitation | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [copied, setCopied] = useState(false);
  const submit = (event: Event): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setError(null);
    ask<Invitation>("POST", "/fleet/invitations", {}, { site: String(form.get("site")), name: String(form.get("name")) }).then(setMade, setError);
  };
  const copy = (): void => void navigator.clipboard?.writeText(made?.command ?? "").then(() => setCopied(true), setError);
  return (
    <Sheet title={t("Add a house")} onClose={onClose}>
      {made ? (
        <>
          <p class="sheet-question">{t("On the machine that is to join, with Hearthwatch installed, type:")}</p>
          <p class="command">
            <code>{made.command}</code>
          </p>
          <p class="hint">{t("The code works once, until {when}.", { when: moment(made.ends_us, now_us.value) })}</p>
          <Trouble error={error} />
          <div class="sheet-foot">
            <button class="button" type="button" onClick={onClose}>
              {t("Done")}
            </button>
            <button class="button is-main" type="button" onClick={copy}>
              {copied ? t("Copied") : t("Copy the command")}
            </button>
          </div>
        </>
      ) : (
        <form class="sheet-form" onSubmit={submit}>
          <label>
            {t("What it is called")}
            <input name="name" maxLength={64} required autoFocus />
          </label>
          <label>
            {t("Where it stands")}
            <input name="site" list="sites" maxLength={32} required />
          </label>
          <datalist id="sites">
            {fleet.value?.sites.map((site) => (
              <option key={site.id} value={site.id} />
            ))}
          </datalist>
          <p class="hint">{t("A place as beach-house; several machines may stand at one.")}</p>
          <Trouble error={error} />
          <div class="sheet-foot">
            <button class="button" type="button" onClick={onClose}>
              {t("Leave it")}
            </button>
            <button class="button is-main" type="submit">
              {t("Make a code")}
            </button>
          </div>
        </form>
      )}
    </Sheet>
  );
}

function Out({ node, onClose }: { node: Node; onClose: () => void }) {
  const [error, setError] = useState<unknown>(null);
  const gone = node.hearing === "revoked";
  const act = (): void => {
    void ask<void>("POST", `/fleet/nodes/${node.id}/${gone ? "retire" : "revoke"}`).then(() => lookAround().then(onClose), setError);
  };
  return (
    <Sheet title={gone ? t("Take {house} off the list?", { house: node.name }) : t("Refuse {house}?", { house: node.name })} onClose={onClose}>
      <p class="sheet-question">
        {gone
          ? t("What it sent stays here.")
          : t("For a machine that was stolen or is not yours any more. From now on this hub refuses it and cuts what it has open. It goes on recording by itself; what it sent stays here. To have it back it must join anew.")}
      </p>
      <Trouble error={error} />
      <div class="sheet-foot">
        <First onClick={onClose}>{t("No")}</First>
        <button class="button is-main" type="button" onClick={act}>
          {gone ? t("Take it off") : t("Refuse it")}
        </button>
      </div>
    </Sheet>
  );
}
