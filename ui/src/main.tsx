/** The page: who is asking, where they are, and the frame around it. */

import "./words/ready";
import "@fontsource-variable/inter/wght.css";
import "./styles/index.css";
import { effect } from "@preact/signals";
import { type ComponentChildren, type ComponentType, render } from "preact";
import { useEffect } from "preact/hooks";
import { proving } from "./accounts/proving";
import type doorPages from "./doors/pages";
import { AskDialog } from "./doors/AskDialog";
import { DoorPage } from "./doors/DoorPage";
import { LoginsPage } from "./doors/LoginsPage";
import { isDoors } from "./doors/Tabs";
import { far } from "./base";
import { Fleet } from "./fleet/Fleet";
import { isAway, isFleet, there, thereTrouble } from "./fleet/far";
import { AlertsPage } from "./pages/AlertsPage";
import { CameraPage } from "./pages/CameraPage";
import { CamerasPage } from "./pages/CamerasPage";
import { DocsPage } from "./pages/DocsPage";
import { Enter } from "./pages/Enter";
import { EventPage } from "./pages/EventPage";
import { EventsPage } from "./pages/EventsPage";
import { SettingsPage } from "./pages/SettingsPage";
import { WallPage } from "./pages/WallPage";
import { ArmingButton, ArmingSheet } from "./parts/Arming";
import { Empty, Trouble } from "./parts/bits";
import * as icons from "./parts/icons";
import { Lazy } from "./parts/Lazy";
import { More, MoreButton } from "./parts/More";
import { News } from "./parts/News";
import { lookForNews } from "./push/worker";
import { follow, meant, place } from "./router";
import { openSetUp } from "./setup/first";
import { connected, house, isOwner, outages, recent, session, unreachable, unseenLogins, whoAmI } from "./store";
import { theme } from "./theme";
import { said, t } from "./words";

const PLACES: { path: string; name: string; icon: () => ComponentChildren }[] = [
  { path: "/", name: said("Wall"), icon: () => <icons.Wall /> },
  { path: "/timeline", name: said("Timeline"), icon: () => <icons.Time /> },
  { path: "/events", name: said("Events"), icon: () => <icons.Walk /> },
  { path: "/logins", name: said("Doors"), icon: () => <icons.Door /> },
  { path: "/cameras", name: said("Cameras"), icon: () => <icons.Camera /> },
  { path: "/alerts", name: said("Alerts"), icon: () => <icons.Bell /> },
  { path: "/house", name: said("House"), icon: () => <icons.Home /> },
  { path: "/settings", name: said("Settings"), icon: () => <icons.Gear /> },
];

const ACCOUNTS: Record<string, { title: string; load: () => Promise<{ default: ComponentType }> }> = {
  account: { title: said("Your account"), load: () => import("./accounts/OwnPage") },
  people: { title: said("People with access"), load: () => import("./accounts/PeoplePage") },
  programs: { title: said("Programs"), load: () => import("./accounts/ProgramsPage") },
  trail: { title: said("Who did what"), load: () => import("./accounts/TrailPage") },
};

const door = (name: keyof typeof doorPages) => <Lazy load={() => import("./doors/pages").then((found) => ({ default: found.default[name] }))} key={name} />;

function page(path: string): [string, ComponentChildren] {
  const [first = "", second, third] = path.split("/").slice(1);
  const id = second ? meant(second) : "";
  if (path === "/") return [t("Wall"), <WallPage />];
  if (first === "timeline") return [t("Timeline"), <Lazy load={() => import("./timeline/TimelinePage")} key="timeline" />];
  if (first === "events") return id ? [t("Event"), <EventPage id={id} />] : [t("Events"), <EventsPage />];
  if (first === "logins") return [t("Log-ins"), <LoginsPage />];
  if (first === "audit") return [t("Audit"), door("AuditPage")];
  if (first === "copies") return [t("Settings of the cameras"), door("CopiesPage")];
  if (first === "logs") return [t("Camera logs"), door("LogsPage")];
  if (first === "done") return [t("What was done"), door("TrailPage")];
  if (path === "/cameras/add") return [t("Add a camera"), <Lazy load={() => import("./setup/AddCamera")} key="add" />];
  if (first === "cameras" && id && third === "zones") return [t("Zones"), <Lazy load={() => import("./zones/ZonesPage")} key={`zones ${id}`} />];
  if (first === "cameras" && id && third === "door") return [t("Door"), <DoorPage id={id} key={id} />];
  if (first === "cameras") return id ? [t("Camera"), <CameraPage id={id} key={id} />] : [t("Cameras"), <CamerasPage />];
  if (first === "alerts") return [t("Alerts"), <AlertsPage />];
  if (first === "house") return [t("House"), <Lazy load={() => import("./house/HousePage")} key="house" />];
  if (path === "/settings/all") return [t("All settings"), <Lazy load={() => import("./config/ConfigPage")} key="settings" />];
  if (first === "sites") return [t("Houses"), <Fleet page="SitesPage" />];
  if (first === "machine") return [t("Machine"), <Fleet page="MachinePage" />];
  const accounts = first === "settings" && Object.hasOwn(ACCOUNTS, id) ? ACCOUNTS[id] : undefined;
  if (accounts && far && id !== "trail") location.replace(path); // accounts are the hub's
  if (accounts) return [t(accounts.title), <Lazy load={accounts.load} key={path} />];
  if (first === "settings") return [t("Settings"), <SettingsPage />];
  if (first === "welcome") return [t("Set-up"), <Lazy load={() => import("./setup/Wizard")} key="welcome" />];
  if (first === "docs") return ["API", <DocsPage />];
  return [
    t("Nothing here"),
    <Empty whole icon={<icons.Hearth size={40} />} title={t("There is nothing here")}>
      <a href="/">{t("Back to the wall")}</a>
    </Empty>,
  ];
}

function isHere(to: string, path: string): boolean {
  if (to === "/") return path === "/";
  if (to === "/logins") return isDoors(path);
  return path.startsWith(to);
}

function Shell() {
  const { path } = place.value;
  const [title, content] = isAway.value ? [there.value?.node.name ?? "", <Fleet page="AwayPage" />] : page(path);
  const unseen = recent.value.filter((event) => !event.reviewed).length;
  const broken = outages.value.filter((outage) => outage.end_us === null && !(outage.fault === "detector-basic" && house.value?.detector.basic)).length;
  useEffect(() => {
    document.title = `${title} · ${house.value?.name || "Hearthwatch"}`;
  }, [title, house.value?.name]);
  const light = theme.value === "light" || (theme.value === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  return (
    <div class="shell">
      <a class="skip" href="#content">
        {t("To the content")}
      </a>
      <nav class="rail" aria-label={t("Main")}>
        <a class="rail-mark" href="/" aria-label="Hearthwatch">
          <icons.Hearth />
        </a>
        {PLACES.map(({ path: to, name, icon }) => (
          <a key={to} class={`rail-link ${to === "/house" || to === "/settings" ? "is-roomy" : ""}`} href={to} aria-current={isHere(to, path) ? "page" : undefined}>
            <span class="rail-icon">
              {icon()}
              {to === "/events" && unseen ? <i class="badge" aria-label={t("{n} new", { n: unseen })} /> : null}
              {to === "/logins" && unseenLogins.value.length ? <i class="badge is-bad" aria-label={t("{n} foreign", { n: unseenLogins.value.length })} /> : null}
              {to === "/cameras" && broken ? <i class="badge is-bad" aria-label={t("{n} with trouble", { n: broken })} /> : null}
            </span>
            <span>{t(name)}</span>
          </a>
        ))}
        <span class="spacer" />
        <ArmingButton />
        <MoreButton />
        <button class="rail-link is-theme" type="button" onClick={() => (theme.value = light ? "dark" : "light")} aria-label={light ? t("Switch to dark") : t("Switch to light")}>
          <span class="rail-icon">{light ? <icons.Moon /> : <icons.Sun />}</span>
        </button>
      </nav>
      <main id="content" tabIndex={-1}>
        {isFleet.value ? (
          <div class="house-bar-place">
            <Fleet page="HouseBar" />
          </div>
        ) : null}
        {connected.value || isAway.value ? null : (
          <p class="banner" role="status">
            {t("Hearthwatch does not answer. Trying again…")}
          </p>
        )}
        {content}
      </main>
      {proving.value ? <Lazy load={() => import("./accounts/ProofDialog")} /> : null}
      <AskDialog />
      <ArmingSheet />
      <More />
      <News title={title} />
    </div>
  );
}

function App() {
  if (session.value === null) {
    return unreachable.value ? (
      <main class="enter">
        <Empty whole icon={<icons.Hearth size={44} />} title={t("Hearthwatch does not answer")}>
          {t("Trying again… Is the machine on, and are you in its network?")}
        </Empty>
      </main>
    ) : null;
  }
  if (session.value.user && thereTrouble.value && !there.value) {
    return (
      <main class="enter">
        <Empty whole icon={<icons.Hearth size={44} />} title={t("This house cannot be shown")}>
          <Trouble error={thereTrouble.value} /> <a data-hub href="/">{t("Back to the hub")}</a>
        </Empty>
      </main>
    );
  }
  return session.value.user ? <Shell /> : <Enter />;
}

document.addEventListener("click", follow);
effect(() => {
  if (connected.value) lookForNews();
});
effect(() => {
  if (isOwner.value && !far) void openSetUp();
});
const root = document.getElementById("app");
if (root) render(<App />, root);
void whoAmI();
